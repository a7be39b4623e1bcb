package import Mail

/// What a sink offers, and how it misbehaves.
package struct SinkSettings: Sendable {
    package var host = "127.0.0.1"
    /// 0 for a free port.
    package var port = 0
    /// The name in the greeting and in the reply to EHLO.
    package var name = "sink.example"
    /// Number of event loops.
    package var threads = 1

    package var offersPipelining = true
    package var offersEightBitMIME = true
    /// Further extensions.
    package var extensions: Set<SinkExtension> = []
    /// Recipients per message, announced by LIMITS (RFC 9422) and refused beyond; nil for no limit.
    package var maxRecipients: Int?
    /// Messages per connection, announced by LIMITS (RFC 9422) and refused beyond; nil for no limit.
    package var maxMessages: Int?
    /// Nil for no TLS.
    package var tls: SinkTLS?
    /// Nil if no login is required.
    package var login: SinkLogin?
    /// Further connections get 421; nil for no limit.
    package var maxConnections: Int?

    /// The first one matching the phase and its own conditions happens.
    package var faults: [SinkFault] = []
    /// Whether faults are on from the start; see `SinkServer.turnFaults(on:)`.
    package var faultsAreOn = true
    /// Seed for faults with a rate below 1: the same seed selects the same cases.
    package var seed: UInt64 = 1
    package var faultReply = Reply(451, EnhancedStatusCode(4, 3, 0), "Fault on request")
    /// Whether `faultReply` follows the 220 of STARTTLS in clear text, as an attacker would inject it.
    package var injectsAfterSTARTTLS = false
    /// Faults at `rcpt` affect only recipients containing this text; nil for all.
    package var faultyRecipient: String?
    /// Faults and delays begin once this many messages have been accepted.
    package var faultsAfter = 0
    /// Faults, but not delays, end after this many occurrences; nil for never.
    package var faultLimit: Int?
    /// Every reply at this phase is delayed by this time.
    package var delay: (phase: SinkPhase, time: Duration)?

    /// One line per message on standard output.
    package var printsMessages = false
    /// A directory that receives each message as a file, unstuffed.
    package var storePath: String?
    /// A file that receives one JSON line per message, written before the reply.
    package var logPath: String?
    /// Nil to deliver nothing.
    package var destination: SinkDestination?
    /// The sink stops once it has accepted this many messages; nil for never.
    package var exitAfter: Int?

    package init() {}

    /// Whether anything of a message is kept besides its count.
    var keepsMessages: Bool {
        printsMessages || storePath != nil || logPath != nil || destination != nil
    }
}
