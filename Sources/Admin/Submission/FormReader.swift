internal import Mail
import Hummingbird
internal import Ingress
internal import NIOCore

/// The form of a request: the part `envelope`, and the part `message`, whose octets this yields as they arrive. The message
/// may come first if it is small.
struct FormReader: AsyncSequence, AsyncIteratorProtocol {
    typealias Element = ByteBuffer

    private static let envelopeLimit = 8 << 20
    private static let earlyLimit = 4 << 20

    private var parser: FormParser
    private var body: RequestBody.AsyncIterator
    /// The message, if it has come before its envelope.
    private var early: ByteBuffer?
    /// Whether the message has ended.
    private var isOver = false

    init(boundary: String, _ body: RequestBody) {
        parser = FormParser(boundary: boundary)
        self.body = body.makeAsyncIterator()
    }

    /// Reads up to the message, or all of a form whose message comes first.
    ///
    /// - Throws: ``AdminError`` for another form, `SubmittedEnvelope.Malformed` for what is no address.
    mutating func envelope() async throws -> SubmittedEnvelope {
        switch try await event() {
        case .part("envelope"):
            let (octets, next) = try await part(upTo: Self.envelopeLimit, "envelope is too large")
            guard next == .part("message") else { throw Self.otherForm }
            return try EnvelopeDocument.envelope(octets)
        case .part("message"):
            let (message, next) = try await part(
                upTo: Self.earlyLimit, "a message of this size must come behind its envelope")
            guard next == .part("envelope") else { throw Self.otherForm }
            let (octets, end) = try await part(upTo: Self.envelopeLimit, "envelope is too large")
            guard end == .end else { throw Self.otherForm }
            early = message
            return try EnvelopeDocument.envelope(octets)
        case .part, .content, .end: throw Self.otherForm
        }
    }

    private static let otherForm = AdminError(.badRequest, "a form has the parts envelope and message, and no other")

    /// The content of a part, and what follows it.
    private mutating func part(
        upTo limit: Int, _ complaint: String
    ) async throws -> (octets: ByteBuffer, next: FormParser.Event) {
        var octets = ByteBuffer()
        while true {
            let next = try await event()
            guard case .content(let content) = next else { return (octets, next) }
            octets.writeImmutableBuffer(content)
            guard octets.readableBytes <= limit else { throw AdminError(.badRequest, complaint) }
        }
    }

    func makeAsyncIterator() -> FormReader { self }

    mutating func next() async throws -> ByteBuffer? {
        guard !isOver else { return nil }
        if let message = early {
            isOver = true
            return message
        }
        switch try await event() {
        case .content(let part): return part
        case .end:
            isOver = true
            return nil
        case .part: throw Self.otherForm
        }
    }

    private mutating func event() async throws -> FormParser.Event {
        while true {
            if let event = try parser.next() { return event }
            guard let part = try await body.next() else {
                throw AdminError(.badRequest, "the form ends without its last boundary")
            }
            parser.take(part)
        }
    }
}
