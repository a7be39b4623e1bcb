internal import Mail
internal import NIOCore
internal import Ingress

/// The envelope as parameters of a query: `sender` once, `recipient` once or more.
struct SubmissionQuery {
    private var sender: String?
    private var recipients: [String] = []

    /// - Throws: ``AdminError`` describing the problem.
    init(_ query: [(name: String, value: String)]) throws(AdminError) {
        for (name, value) in query {
            switch name {
            case "sender":
                guard sender == nil else { throw AdminError(.badRequest, "sender is given twice: give it once") }
                sender = value
            case "recipient": recipients.append(value)
            default: throw AdminError(.badRequest, "unknown parameter \(name); there are sender and recipient")
            }
        }
    }

    /// - Throws: ``AdminError`` for what is missing, `SubmittedEnvelope.Malformed` for what is no address.
    func envelope() throws -> SubmittedEnvelope {
        guard let sender else { throw AdminError(.badRequest, "sender is missing; empty for mail without a sender") }
        guard !recipients.isEmpty else { throw AdminError(.badRequest, "recipient is missing") }
        return try SubmittedEnvelope(sender: sender, recipients: recipients)
    }
}

/// The envelope as the part of a form; property names match the JSON.
struct EnvelopeDocument: Decodable {
    var sender: String
    var recipients: [String]

    private static let names = ["sender", "recipients"]

    /// - Throws: ``AdminError`` describing the problem, `SubmittedEnvelope.Malformed` for what is no address.
    static func envelope(_ octets: ByteBuffer) throws -> SubmittedEnvelope {
        let document = try read(octets)
        return try SubmittedEnvelope(sender: document.sender, recipients: document.recipients)
    }

    private static func read(_ buffer: ByteBuffer) throws(AdminError) -> EnvelopeDocument {
        do {
            if let unknown = try AdminJSON.unknownName(in: buffer, known: names) {
                throw AdminError(.badRequest, "unknown name \(unknown) in envelope; there are sender and recipients")
            }
            let document = try AdminJSON.decode(EnvelopeDocument.self, from: buffer)
            guard !document.recipients.isEmpty else { throw AdminError(.badRequest, "recipients are missing") }
            return document
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(
                .badRequest, #"envelope must be JSON, such as {"sender":"a@b.example","recipients":["c@d.example"]}"#)
        }
    }
}
