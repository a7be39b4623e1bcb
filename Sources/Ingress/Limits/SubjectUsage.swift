internal import Mail
internal import NIOCore

/// Recent usage by one client or one user.
struct SubjectUsage: Hashable, Sendable {
    /// Open sessions.
    var sessions = 0
    var connections = TokenBucket()
    var messages = TokenBucket()
    var recipients = TokenBucket()
    var octets = TokenBucket()
    /// This subject's own message rate.
    var ownMessageRate: Rate?

    /// Whether dropping the subject would change nothing.
    func isIdle(under limits: SubjectLimits, at now: NIODeadline) -> Bool {
        let pairs = [
            (connections, limits.connectionRate), (messages, ownMessageRate ?? limits.messageRate),
            (recipients, limits.recipientRate), (octets, limits.byteRate),
        ]
        return sessions == 0
            && pairs.allSatisfy { bucket, rate in rate.map { bucket.used(of: $0, at: now) == 0 } ?? true }
    }
}

/// The limits of one kind of subject, with their names.
struct SubjectRules: Sendable {
    let limits: SubjectLimits
    let names: Names

    struct Names: Sendable {
        let connections, connectionRate, messageRate, recipientRate, byteRate: LimitName

        static let client = Names(
            connections: .clientConnections, connectionRate: .clientConnectionRate, messageRate: .clientMessageRate,
            recipientRate: .clientRecipientRate, byteRate: .clientByteRate)
        static let user = Names(
            connections: .userConnections, connectionRate: .userConnectionRate, messageRate: .userMessageRate,
            recipientRate: .userRecipientRate, byteRate: .userByteRate)
    }

    /// The limit that refuses another session.
    func refusalOfSession(_ meter: SubjectUsage, at now: NIODeadline) -> LimitHit? {
        if limits.connections > 0, meter.sessions >= limits.connections {
            return LimitHit(name: names.connections, wait: nil)
        }
        return Self.hit(names.connectionRate, meter.connections, 1, limits.connectionRate, now)
    }

    /// The limit that refuses another message of the declared size.
    func refusalOfMessage(_ meter: SubjectUsage, octets: Int, at now: NIODeadline) -> LimitHit? {
        Self.hit(names.messageRate, meter.messages, 1, meter.ownMessageRate ?? limits.messageRate, now)
            ?? Self.hit(names.byteRate, meter.octets, octets, limits.byteRate, now)
    }

    func refusalOfRecipient(_ meter: SubjectUsage, at now: NIODeadline) -> LimitHit? {
        // After a recipient rate is exhausted within a transaction, there is room again only once the transaction's own
        // share has drained.
        limits.recipientRate.map { rate in
            LimitHit(
                name: names.recipientRate,
                wait: meter.recipients.wait(for: 1, of: rate, at: now) ?? rate.per / rate.count)
        }
    }

    func roomForRecipients(_ meter: SubjectUsage, at now: NIODeadline) -> Int {
        limits.recipientRate.map { meter.recipients.room(in: $0, at: now) } ?? .max
    }

    func takeSession(_ meter: inout SubjectUsage, at now: NIODeadline) {
        meter.sessions += 1
        if let rate = limits.connectionRate { meter.connections.take(1, of: rate, at: now) }
    }

    func takeMessage(_ meter: inout SubjectUsage, at now: NIODeadline) {
        if let rate = meter.ownMessageRate ?? limits.messageRate { meter.messages.take(1, of: rate, at: now) }
    }

    func takeContent(_ meter: inout SubjectUsage, recipients: Int, octets: Int, at now: NIODeadline) {
        if let rate = limits.recipientRate { meter.recipients.take(recipients, of: rate, at: now) }
        if let rate = limits.byteRate { meter.octets.take(octets, of: rate, at: now) }
    }

    static func hit(
        _ name: LimitName, _ bucket: TokenBucket, _ amount: Int, _ rate: Rate?, _ now: NIODeadline
    ) -> LimitHit? {
        guard let rate, let wait = bucket.wait(for: amount, of: rate, at: now) else { return nil }
        return LimitHit(name: name, wait: wait)
    }
}
