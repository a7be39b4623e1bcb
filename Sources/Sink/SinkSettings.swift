package import Mail

/// What a sink offers, and how it misbehaves.
package struct SinkSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0 for a free port.
    package var port = 0
    /// The name in the greeting and in the reply to EHLO.
    package var name = "sink.example"
    /// Event loops.
    package var threads = 1

    package var offersPipelining = true
    package var offersEightBitMIME = true
    /// Further ones.
    package var extensions: Set<SinkExtension> = []
    /// Recipients of a message, announced by LIMITS (RFC 9422) and refused beyond; nil for no limit.
    package var maxRecipients: Int?
    /// Messages of a connection, announced by LIMITS (RFC 9422) and refused beyond; nil for no limit.
    package var maxMessages: Int?
    /// Nil for no TLS.
    package var tls: SinkTLS?
    /// Nil if nobody needs to log in.
    package var login: SinkLogin?
    /// Further connections get 421; nil for no limit.
    package var maxConnections: Int?

    /// The first that fits a phase and its own conditions happens.
    package var faults: [SinkFault] = []
    /// Whether the faults are on from the beginning; see `SinkServer.turnFaults(on:)`.
    package var faultsAreOn = true
    /// Of the faults that happen in a part of the cases only: the same seed, the same cases.
    package var seed: UInt64 = 1
    package var faultReply = Reply(451, EnhancedStatusCode(4, 3, 0), "Fault on request")
    /// Whether `faultReply` follows the 220 of STARTTLS in clear, as somebody on the way would put it there.
    package var injectsAfterSTARTTLS = false
    /// Faults at `rcpt` concern only recipients that contain this text; nil for all of them.
    package var faultyRecipient: String?
    /// Faults and delays begin when so many messages have been taken.
    package var faultsAfter = 0
    /// Faults, but not delays, end when they have happened so often; nil for never.
    package var faultLimit: Int?
    /// Every reply at this phase waits so long.
    package var delay: (phase: SinkPhase, time: Duration)?

    /// One line a message on standard output.
    package var printsMessages = false
    /// A directory that gets each message as a file, dots unstuffed.
    package var storePath: String?
    /// A file that gets one JSON line a message, written before the reply.
    package var logPath: String?
    /// The sink stops by itself when it has taken so many messages; nil for never.
    package var exitAfter: Int?

    package init() {}

    /// Whether anything of a message is kept beyond its count.
    var keepsMessages: Bool {
        printsMessages || storePath != nil || logPath != nil
    }
}
