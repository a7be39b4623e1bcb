internal import Mail
internal import NIOCore
internal import Spool
internal import Upstreams

/// The header fields that go in front of a message's frozen content, by which the upstream's provider knows it again.
///
/// They say the same at each retry of the same recipients. How many octets they are is known before it is known who is
/// accepted, since the size of a message is announced with MAIL (RFC 1870 section 6).
struct IdentityHeader {
    private let provider: Provider
    private let id: QueueID
    /// Names in lower case of fields that the application has set itself.
    private let taken: Set<String>
    /// Octets of the wire form.
    let octets: Int

    /// - Returns: nil where there is nothing to write, or where the message would become larger than the server takes.
    init?(_ message: SpooledMessage, for provider: Provider?, limit: Int?) {
        guard let provider, provider.identity != nil else { return nil }
        self.provider = provider
        self.id = message.id
        self.taken = Set(message.routing.headers.keys)
        let lengths = Self.fields(provider, message.id, IdentityKey.placeholder(message.id), taken)
            .map { Self.line($0).utf8.count }
        octets = lengths.reduce(0, +)
        guard octets > 0, limit.map({ message.size + octets <= $0 }) ?? true else { return nil }
    }

    /// - Parameter recipients: those whom the server has accepted.
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
