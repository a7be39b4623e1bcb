internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// Header fields prepended to a message's frozen content, by which the upstream's provider recognizes it.
///
/// They are the same at each retry of the same recipients. Their length is known before the accepted recipients are,
/// because the size of a message is announced with MAIL (RFC 1870 section 6).
struct IdentityHeader {
    private let provider: Provider
    private let id: QueueID
    /// Lower-case names of fields that the application, or relay.conf, has set.
    private let taken: Set<String>
    /// Octets of the wire form.
    let octets: Int

    /// - Parameter others: lower-case names of fields that relay.conf adds.
    /// - Returns: nil if there is nothing to write, or if the message would become too large for the server.
    init?(_ message: SpooledMessage, for provider: Provider?, limit: Int?, besides others: Set<String> = []) {
        guard let provider, provider.identity != nil else { return nil }
        self.provider = provider
        self.id = message.id
        self.taken = Set(message.routing.headers.keys).union(others)
        let lengths = Self.fields(provider, message.id, IdentityKey.placeholder(message.id), taken)
            .map { Self.line($0).utf8.count }
        octets = lengths.reduce(0, +)
        guard octets > 0, limit.map({ message.size + octets <= $0 }) ?? true else { return nil }
    }

    /// - Parameter recipients: those accepted by the server.
    /// - Returns: lines with their ends; none begins with a dot.
    func wireForm(for recipients: [Address]) -> ByteBuffer {
        let key = IdentityKey.make(id, recipients: recipients.lazy.map { "\($0)" })
        var buffer = ByteBuffer()
        buffer.reserveCapacity(octets)
        for field in Self.fields(provider, id, key, taken) { buffer.writeString(Self.line(field)) }
        return buffer
    }

    private static func fields(
        _ provider: Provider, _ id: QueueID, _ key: String, _ taken: Set<String>
    ) -> [(name: String, value: String)] {
        provider.identityFields(queueID: "\(id)", key: key).filter { !taken.contains($0.name.lowercased()) }
    }

    private static func line(_ field: (name: String, value: String)) -> String {
        "\(field.name): \(field.value)\r\n"
    }
}
