package import Mail
internal import NIOCore
package import RoundTrips
internal import Spool

extension MessageIntake {
    /// Stores a probe of a round trip: it takes the normal way, and nothing is sent about it.
    ///
    /// - Returns: its queue ID, once it is durable.
    /// - Throws: ``SpoolError`` if it cannot be stored.
    package func take(_ probe: ProbeMessage, _ mark: ProbeMark) async throws -> QueueID {
        let (id, moment) = try newID()
        let header = ByteBuffer(string: "X-Posthorse-ID: \(id)\r\n")
        var message = SpooledMessage(
            id: id, receivedAt: moment, sender: ReversePath(address: probe.sender), body: .sevenBit, priority: .normal,
            messageID: probe.messageID, origin: "round trip", routing: RoutingFacts(probe: mark),
            size: header.readableBytes + probe.octets.count, recipients: [Recipient(address: probe.recipient)])
        message.notice = .probe
        try await accept(NewMessage(message: message, header: header, content: .whole(ByteBuffer(bytes: probe.octets))))
        return id
    }
}
