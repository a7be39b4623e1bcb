internal import Mail
internal import SMTP
internal import Upstreams

/// Measures the phases of one session: each lasts from the end of the one before to its own.
///
/// A value without a clock. The phases before the session accepts mail are counted once per session, those of a message
/// once per message; one that fails is not counted. The envelope of a pipelined message begins with the result of the
/// message before.
struct PhaseClock {
    private let meter: UpstreamMeter
    /// The end of the last phase.
    private var mark: MonotonicInstant
    /// In nanoseconds, as everything here.
    private var greeting: Int64 = 0
    private var auth: Int64 = 0
    private var isOpen = false

    init(_ meter: UpstreamMeter, now: MonotonicInstant) {
        self.meter = meter
        mark = now
    }

    /// The time since the end of the last phase.
    private mutating func lap(_ now: MonotonicInstant) -> Int64 {
        defer { mark = now }
        return now.nanoseconds - mark.nanoseconds
    }

    // MARK: - Before the session accepts mail

    /// - Parameter began: when the connection was requested.
    mutating func connected(began: MonotonicInstant, now: MonotonicInstant) {
        mark = now
        meter.connect.record(nanoseconds: now.nanoseconds - began.nanoseconds)
    }

    mutating func encrypted(version: String, now: MonotonicInstant) {
        meter.tls.record(nanoseconds: lap(now))
        meter.shookHands(version)
    }

    /// The server has answered.
    mutating func answered(_ phase: ClientPhase, now: MonotonicInstant) {
        guard !isOpen else { return }
        switch phase {
        case .banner, .ehlo: greeting += lap(now)
        case .auth: auth += lap(now)
        case .startTLS, .connect, .tls, .mail, .rcpt, .data, .content, .dot, .rset, .noop, .quit, .idle: break
        }
    }

    /// The session accepts mail.
    mutating func opened() {
        guard !isOpen else { return }
        isOpen = true
        meter.greeting.record(nanoseconds: greeting)
        if auth > 0 { meter.auth.record(nanoseconds: auth) }
    }

    // MARK: - Messages

    /// The envelope of a message goes out, with none before it under way.
    mutating func envelopeStarted(now: MonotonicInstant) { mark = now }

    /// The server has asked for the content.
    mutating func contentWanted(now: MonotonicInstant) { meter.envelope.record(nanoseconds: lap(now)) }

    mutating func dotWritten(now: MonotonicInstant) { meter.content.record(nanoseconds: lap(now)) }

    /// The content is with the server, and its end waits for the record of the attempt.
    mutating func contentSent(now: MonotonicInstant) { meter.content.record(nanoseconds: lap(now)) }

    /// The attempt is on record, so that the end of the content goes.
    mutating func recorded(now: MonotonicInstant) { meter.record.record(nanoseconds: lap(now)) }

    /// A message has its result.
    ///
    /// - Parameter isOfDot: whether it is the reply to the final dot.
    mutating func resultReceived(isOfDot: Bool, now: MonotonicInstant) {
        let time = lap(now)
        if isOfDot { meter.reply.record(nanoseconds: time) }
    }
}
