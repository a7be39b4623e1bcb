/// The line on which each table, key and list element of a TOML text begins.
///
/// TOMLKit reports positions of syntax errors only, so this reader understands just enough TOML: headers, keys, the
/// four kinds of strings, arrays, inline tables, comments. It accepts any text without failing; where the text is not
/// TOML, the lines are guesses.
struct SourceLines: Sendable {
    private var lines: [ConfigurationPath: Int] = [:]
    /// Line of a string with an escaped NUL.
    var escapedNUL: Int?
    /// The first place where TOMLKit could trap instead of throwing.
    var hazard: SourceHazard?
    /// Line of a key with more parts, or a value nested deeper, than any relay.conf needs.
    var tooDeep: Int?

    init(of text: String) {
        var scanner = SourceScanner(text)
        scanner.scan()
        self = scanner.found
    }

    init() {}

    /// The line of the path, or of the nearest enclosing table or list.
    func line(of path: ConfigurationPath) -> Int? {
        var path = path
        while true {
            if let line = lines[path] { return line }
            guard let parent = path.parent else { return nil }
            path = parent
        }
    }

    /// Only the lines of the tables with these headers.
    static func excerpt(of text: String, tables: Set<String>) -> String {
        var isMeant = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).filter { line in
            let words = line.drop { $0 == " " || $0 == "\t" }
            guard words.first == "[" else { return isMeant }
            isMeant = tables.contains { words.hasPrefix("[\($0)]") }
            return isMeant
        }
        return lines.joined(separator: "\n")
    }

    mutating func record(_ path: ConfigurationPath, at line: Int) {
        if lines[path] == nil { lines[path] = line }
    }
}

/// An error in a TOML text that must be kept from TOMLKit, which traps at headers without a key and at some dates.
struct SourceHazard: Hashable, Sendable {
    let line: Int
    /// Number of octets before it.
    let offset: Int
    let key: String?
    let message: String
    let remedy: String
}
