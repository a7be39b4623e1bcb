@testable import Mail

/// Parses the parts of a content in the simplest way, all at once; independent of the downgrader.
struct MIMEReader {
    struct Leaf: Equatable {
        let type: String
        let octets: [UInt8]
    }

    /// The leaf parts, decoded.
    private(set) var leaves: [Leaf] = []

    init(_ content: [UInt8]) {
        read(Self.lines(content))
    }

    private mutating func read(_ lines: ArraySlice<String>) {
        let end = lines.firstIndex(of: "") ?? lines.endIndex
        let fields = Self.fields(lines[..<end])
        let body = lines[min(end + 1, lines.endIndex)...]
        let type = fields["content-type"] ?? "text/plain"
        if type.hasPrefix("multipart/") {
            for part in Self.parts(body, "--" + type.split(separator: "\"")[1]) { read(part) }
        } else if type.hasPrefix("message/rfc822") {
            read(body)
        } else {
            leaves.append(Leaf(type: String(type.prefix { $0 != ";" }), octets: Self.decode(body, fields)))
        }
    }

    /// Lines as text with one character per octet.
    private static func lines(_ content: [UInt8]) -> ArraySlice<String> {
        let text = String(String.UnicodeScalarView(content.map { Unicode.Scalar($0) }))
        return text.components("\r\n")[...]
    }

    private static func fields(_ lines: ArraySlice<String>) -> [String: String] {
        var fields: [String: String] = [:]
        var name = ""
        for line in lines {
            if line.first == " " || line.first == "\t" {
                fields[name]? += line
            } else {
                name = line.prefix { $0 != ":" }.lowercased()
                fields[name] = String(line.drop { $0 != ":" }.dropFirst().drop { $0 == " " })
            }
        }
        return fields
    }

    private static func parts(_ lines: ArraySlice<String>, _ delimiter: String) -> [ArraySlice<String>] {
        var parts: [ArraySlice<String>] = []
        var start: Int?
        for index in lines.indices where lines[index] == delimiter || lines[index] == delimiter + "--" {
            if let start { parts.append(lines[start..<index]) }
            start = index + 1
            if lines[index] != delimiter { break }
        }
        return parts
    }

    private static func decode(_ lines: ArraySlice<String>, _ fields: [String: String]) -> [UInt8] {
        switch fields["content-transfer-encoding"]?.lowercased() {
        case "base64": Base64.decode(lines.joined().utf8) ?? []
        case "quoted-printable": octets(unquoted(lines.joined(separator: "\r\n")))
        default: octets(lines.joined(separator: "\r\n"))
        }
    }

    private static func octets(_ text: String) -> [UInt8] { text.unicodeScalars.map { UInt8($0.value) } }

    private static func unquoted(_ text: String) -> String {
        var pieces = text.components("=")
        var result = pieces.removeFirst()
        for piece in pieces {
            if piece.unicodeScalars.starts(with: "\r\n".unicodeScalars) {
                result.unicodeScalars += piece.unicodeScalars.dropFirst(2)
            } else {
                let digits = String(String.UnicodeScalarView(piece.unicodeScalars.prefix(2)))
                result.unicodeScalars.append(Unicode.Scalar(UInt8(digits, radix: 16)!))
                result.unicodeScalars += piece.unicodeScalars.dropFirst(2)
            }
        }
        return result
    }
}

extension String {
    /// The text between the separators, scalar by scalar.
    fileprivate func components(_ separator: String) -> [String] {
        let (all, mark) = (Array(unicodeScalars), Array(separator.unicodeScalars))
        var pieces: [String] = []
        var (start, index) = (0, 0)
        while index + mark.count <= all.count {
            if all[index..<index + mark.count].elementsEqual(mark) {
                pieces.append(String(String.UnicodeScalarView(all[start..<index])))
                index += mark.count
                start = index
            } else {
                index += 1
            }
        }
        return pieces + [String(String.UnicodeScalarView(all[start...]))]
    }
}
