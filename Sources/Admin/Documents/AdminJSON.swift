package import FoundationEssentials
package import NIOCore

/// JSON of the admin interface: one line per document, names in alphabetical order, slashes unescaped.
package enum AdminJSON {
    package static func data(_ document: some Encodable) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(document)
    }

    /// One line, with its end.
    package static func line(_ document: some Encodable) throws -> String {
        String(decoding: try data(document), as: UTF8.self) + "\n"
    }

    package static func decode<Document: Decodable>(
        _ type: Document.Type, from bytes: ByteBuffer
    ) throws -> Document {
        try JSONDecoder().decode(type, from: Data(bytes.readableBytesView))
    }

    /// The alphabetically first name in the object in `bytes` that is not in `known`; nil if there is none.
    static func unknownName(in bytes: ByteBuffer, known: [String]) throws -> String? {
        try decode([String: Ignored].self, from: bytes).keys.filter { !known.contains($0) }.min()
    }

    /// Any value.
    private struct Ignored: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
