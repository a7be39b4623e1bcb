/// Scans the octets of a TOML text.
struct SourceScanner {
    private static let depthLimit = 32

    var found = SourceLines()
    let bytes: [UInt8]
    var position = 0
    var line = 1
    private var table = ConfigurationPath.root
    /// Number of elements so far in each array of tables.
    private var counts: [ConfigurationPath: Int] = [:]

    init(_ text: String) {
        bytes = Array(text.utf8)
    }

    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    func starts(with text: StaticString) -> Bool {
        text.withUTF8Buffer { bytes[position...].starts(with: $0) }
    }

    mutating func scan() {
        skipBlank()
        while let byte = current {
            let start = position
            if byte == UInt8(ascii: "[") { header() } else { keyValue(in: table, depth: 0) }
            if position == start { position += 1 }
            skipBlank()
        }
    }

    private mutating func header() {
        let isList = starts(with: "[[")
        let (start, offset) = (line, position)
        position += isList ? 2 : 1
        let parts = keyParts()
        if parts.isEmpty {
            note(start, offset, nil, "a header has no name in its brackets", "write for example [spool]")
        }
        skipLine()
        guard let last = parts.last else { return }
        let parent = parts.dropLast().reduce(.root) { element(of: $0.key($1)) }
        let path = parent.key(last)
        found.record(path, at: start)
        guard isList else {
            table = element(of: path)
            return found.record(table, at: start)
        }
        table = path.index(counts[path, default: 0])
        counts[path, default: 0] += 1
        found.record(table, at: start)
    }

    /// The path itself, or the last element if it is an array of tables.
    private func element(of path: ConfigurationPath) -> ConfigurationPath {
        counts[path].map { path.index($0 - 1) } ?? path
    }

    private mutating func keyValue(in table: ConfigurationPath, depth: Int) {
        let start = line
        var path = table
        for part in keyParts() {
            path = path.key(part)
            found.record(path, at: start)
        }
        skipSpaces()
        guard current == UInt8(ascii: "=") else { return skipScalar() }
        position += 1
        skipSpaces()
        value(path, depth: depth + 1)
    }

    private mutating func keyParts() -> [String] {
        var parts: [String] = []
        while true {
            skipSpaces()
            guard let part = keyPart() else { return parts }
            guard parts.count < Self.depthLimit else { return giveUp(parts) }
            parts.append(part)
            skipSpaces()
            guard current == UInt8(ascii: ".") else { return parts }
            position += 1
        }
    }

    private mutating func keyPart() -> String? {
        let start = position
        if current == UInt8(ascii: "\"") || current == UInt8(ascii: "'") {
            skipString()
            let end = max(start + 1, position - 1)
            return String(decoding: bytes[(start + 1)..<end], as: UTF8.self)
        }
        while let byte = current, Self.isBare(byte) { position += 1 }
        return position == start ? nil : String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
        case _: false
        }
    }

    private mutating func value(_ path: ConfigurationPath, depth: Int) {
        guard depth <= Self.depthLimit else { return giveUp(()) }
        switch current {
        case UInt8(ascii: "\""), UInt8(ascii: "'"): skipString()
        case UInt8(ascii: "["): array(path, depth: depth)
        case UInt8(ascii: "{"): inlineTable(path, depth: depth)
        case _: scalar(path)
        }
    }

    private mutating func scalar(_ path: ConfigurationPath) {
        let start = position
        skipScalar()
        let token = ScalarToken(bytes[start..<position])
        guard let mistake = token.mistake else { return }
        note(line, start, path.shown, mistake.message, mistake.remedy)
    }

    private mutating func note(_ line: Int, _ offset: Int, _ key: String?, _ message: String, _ remedy: String) {
        guard found.hazard == nil else { return }
        found.hazard = SourceHazard(line: line, offset: offset, key: key, message: message, remedy: remedy)
    }

    private mutating func array(_ path: ConfigurationPath, depth: Int) {
        position += 1
        var number = 0
        while true {
            skipBlank()
            guard let byte = current else { return }
            if byte == UInt8(ascii: "]") || byte == UInt8(ascii: ",") {
                position += 1
                if byte == UInt8(ascii: "]") { return }
                continue
            }
            let start = position
            found.record(path.index(number), at: line)
            value(path.index(number), depth: depth + 1)
            number += 1
            if position == start { position += 1 }
        }
    }

    private mutating func inlineTable(_ path: ConfigurationPath, depth: Int) {
        position += 1
        while true {
            skipBlank()
            guard let byte = current else { return }
            if byte == UInt8(ascii: "}") || byte == UInt8(ascii: ",") {
                position += 1
                if byte == UInt8(ascii: "}") { return }
                continue
            }
            let start = position
            keyValue(in: path, depth: depth)
            if position == start { position += 1 }
        }
    }

    /// Records that this is not a relay.conf, and skips to the end.
    private mutating func giveUp<Result>(_ result: Result) -> Result {
        found.tooDeep = found.tooDeep ?? line
        position = bytes.count
        return result
    }
}
