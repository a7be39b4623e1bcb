package import FoundationEssentials
internal import Mail
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
    ///
    /// - Throws: ``AdminError`` for a name that is there twice, or whatever says that this is no object.
    static func unknownName(in bytes: ByteBuffer, known: [String]) throws -> String? {
        let names = try decode([String: Ignored].self, from: bytes).keys
        if let name = JSONNames.repeated(in: bytes) {
            throw AdminError(.badRequest, "\(name.prefix(100)) is given twice: give it once")
        }
        return names.filter { !known.contains($0) }.min()
    }

    /// Reads the body of an order, in which a misspelt name must not be ignored.
    ///
    /// - Parameters:
    ///   - known: names that the body may have.
    ///   - example: a right body, for the error.
    static func order<Document: Decodable>(
        _ type: Document.Type, from body: ByteBuffer, known: [String], example: String
    ) throws(AdminError) -> Document {
        do {
            if let unknown = try unknownName(in: body, known: known) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected \(known.joined(separator: ", "))")
            }
            return try decode(type, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(.badRequest, "the body must be JSON, such as \(example)")
        }
    }

    /// Any value.
    private struct Ignored: Decodable {
        init(from decoder: any Decoder) throws {}
    }
}
