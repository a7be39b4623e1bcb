/// On which line each table, key and list element of a TOML text begins.
///
/// TOMLKit knows positions of syntax errors only; this is a reader of its own that understands just enough: headers,
/// keys, the four kinds of strings, arrays, inline tables, comments. It accepts any text without failing; where the
/// text is not TOML the lines are guesses.
struct SourceLines: Sendable {
    private var lines: [ConfigurationPath: Int] = [:]
    /// Where a string escapes a NUL.
    var escapedNUL: Int?
    /// The first place where TOMLKit could trap instead of throwing.
    var hazard: SourceHazard?
    /// Where a key has more parts, or values are nested deeper, than any relay.conf needs.
    var tooDeep: Int?

    init(of text: String) {
        var scanner = SourceScanner(text)
        scanner.scan()
        self = scanner.found
    }

    init() {}

    /// The line of the path, or of the nearest table or list around it.
    func line(of path: ConfigurationPath) -> Int? {
        var path = path
        while true {
            if let line = lines[path] { return line }
            guard let parent = path.parent else { return nil }
            path = parent
        }
    }

    mutating func record(_ path: ConfigurationPath, at line: Int) {
        if lines[path] == nil { lines[path] = line }
    }
}

/// A mistake in a TOML text that TOMLKit must not see: it traps at headers without a key and at some dates.
struct SourceHazard: Hashable, Sendable {
    let line: Int
    /// So many octets precede it.
    let offset: Int
    let key: String?
    let message: String
    let remedy: String
}
