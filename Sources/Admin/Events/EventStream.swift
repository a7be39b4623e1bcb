internal import NIOCore
internal import Telemetry

/// Server-sent events as octets (HTML Living Standard, section 9.2.6).
enum EventStream {
    static let mediaType = "text/event-stream"

    /// What an answer begins with: how long a browser waits before it connects again, and with which id.
    static func opening(_ id: EventID) -> ByteBuffer { ByteBuffer(string: "retry: 2000\nid: \(id)\n\n") }

    /// Says that the connection lives, and up to which event the reader has everything that it asked for.
    static func heartbeat(_ id: EventID) -> ByteBuffer { ByteBuffer(string: ": \nid: \(id)\n\n") }

    /// Says only that the connection lives.
    static let heartbeat = ByteBuffer(string: ":\n\n")

    /// An event without an id: what is missed cannot be asked for.
    static func append(_ name: String, _ document: some Encodable, to buffer: inout ByteBuffer) throws {
        // The line ends with a line end of its own.
        buffer.writeString("event: \(name)\ndata: \(try AdminJSON.line(document))\n")
    }

    /// An event of the relay.
    ///
    /// - Parameter line: as in the log, without its end.
    static func append(
        _ id: EventID, _ name: UnsafeRawBufferPointer, _ line: UnsafeRawBufferPointer, to buffer: inout ByteBuffer
    ) {
        buffer.writeString("id: \(id)\nevent: ")
        buffer.writeBytes(name)
        buffer.writeString("\ndata: ")
        buffer.writeBytes(line)
        buffer.writeString("\n\n")
    }

    /// What the reader should know about the stream itself: `missed` and `dropped`, which no event of the relay is named.
    static func note(_ name: String, _ id: EventID, _ document: some Encodable) throws -> ByteBuffer {
        // The line ends with a line end of its own.
        ByteBuffer(string: "id: \(id)\nevent: \(name)\ndata: \(try AdminJSON.line(document))\n")
    }
}

/// The data of an event `missed`: why the first events after the reader's last one are not there.
package struct MissedDocument: Codable, Hashable, Sendable {
    package enum Reason: String, Codable, Sendable {
        /// They were replaced by newer ones.
        case gone
        /// The relay has begun anew since.
        case restart
    }

    package let reason: Reason
    /// How many, of all types; nil if nobody knows.
    package let count: Int?

    enum CodingKeys: String, CodingKey {
        case reason, count
    }

    init(_ reason: Reason, count: Int? = nil) {
        self.reason = reason
        self.count = count
    }

    /// Every name is always there.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reason, forKey: .reason)
        try container.encode(count, forKey: .count)
    }
}

/// The data of the last event of a reader that is too slow.
package struct DroppedDocument: Codable, Hashable, Sendable {
    package enum Reason: String, Codable, CaseIterable, Sendable {
        /// What it would get next has been replaced by newer events.
        case behind
        /// It has taken nothing for a while.
        case stalled
    }

    package let reason: Reason
    /// The `Last-Event-ID` to go on with.
    package let resume: String
}
