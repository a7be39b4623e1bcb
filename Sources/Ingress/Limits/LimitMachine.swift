internal import Mail
internal import NIOCore

/// The submitter of a message, as far as limits are concerned.
struct LimitSubject: Sendable {
    /// nil for an exempt client, or if clients have no limits.
    var client: MeterTable<IPAddress>.Slot?
    /// nil before a login.
    var user: MeterTable<String>.Slot?
    /// The limits that it was last brought in line with.
    var generation = 0
}

/// All intake limits, as a value: the time is an argument.
///
/// A message is charged when its content is complete. Concurrent sessions of one subject may together overdraw a rate
/// by what they have open, and then wait longer. Nobody is refused because of what another session might still send.
struct LimitMachine: Sendable {
    private var settings: LimitSettings
    private(set) var clients: MeterTable<IPAddress>
    private(set) var users: MeterTable<String>
    private var messages = TokenBucket()
    private var octets = TokenBucket()

    /// - Parameter capacity: maximum number of clients, and of users, tracked individually.
    init(_ settings: LimitSettings, capacity: Int) {
        self.settings = settings
        clients = MeterTable(rules: SubjectRules(limits: settings.client, names: .client), capacity: capacity)
        users = MeterTable(rules: SubjectRules(limits: settings.user, names: .user), capacity: capacity)
    }

    /// Later decisions are made by these settings; what is counted stays.
    mutating func replace(_ settings: LimitSettings) {
        self.settings = settings
        clients.rules = SubjectRules(limits: settings.client, names: .client)
        users.rules = SubjectRules(limits: settings.user, names: .user)
    }

    // MARK: Sessions

    /// Takes a slot for a client's session; returned by ``leave(_:at:)``.
    mutating func enter(client: IPAddress, _ subject: inout LimitSubject, at now: NIODeadline) -> LimitHit? {
        let slot = clients.slot(of: client.limited, at: now)
        if let hit = clients.rules.refusalOfSession(clients[slot], at: now) { return hit }
        clients.rules.takeSession(&clients[slot], at: now)
        subject.client = slot
        return nil
    }

    /// The session has authenticated; if it does so again, it leaves its first user.
    ///
    /// - Parameter messageRate: the user's own rate, in place of `user_message_rate`.
    mutating func enter(
        user: String, messageRate: Rate?, _ subject: inout LimitSubject, at now: NIODeadline
    ) -> LimitHit? {
        if let slot = subject.user { users.leave(slot, at: now) }
        subject.user = nil
        let slot = users.slot(of: user, at: now)
        if let hit = users.rules.refusalOfSession(users[slot], at: now) { return hit }
        users.rules.takeSession(&users[slot], at: now)
        users[slot].ownMessageRate = messageRate
        subject.user = slot
        return nil
    }

    /// Brings a session in line with limits that have changed since it began: it is counted, and not refused.
    ///
    /// - Parameters:
    ///   - client: nil for one that is exempt.
    ///   - user: who has logged in, with the user's own message rate.
    mutating func renew(
        _ subject: inout LimitSubject, client: IPAddress?, user: (name: String, messageRate: Rate?)?,
        at now: NIODeadline
    ) {
        switch (subject.client, client) {
        case (let slot?, nil):
            clients.leave(slot, at: now)
            subject.client = nil
        case (nil, let client?) where clients.rules.limits.areAny:
            let slot = clients.slot(of: client.limited, at: now)
            clients[slot].sessions += 1
            subject.client = slot
        case (_, _): break
        }
        guard let user, users.rules.limits.areAny || user.messageRate != nil || subject.user != nil else { return }
        let slot = subject.user ?? users.slot(of: user.name, at: now)
        if subject.user == nil { users[slot].sessions += 1 }
        users[slot].ownMessageRate = user.messageRate
        subject.user = slot
    }

    mutating func leave(_ subject: LimitSubject, at now: NIODeadline) {
        if let slot = subject.client { clients.leave(slot, at: now) }
        if let slot = subject.user { users.leave(slot, at: now) }
    }

    // MARK: Messages

    /// A message begins: counts it, unless a limit has been reached.
    mutating func begin(_ subject: LimitSubject, declared: Int?, at now: NIODeadline) -> LimitHit? {
        if let hit = refusal(of: subject, octets: max(1, declared ?? 1), at: now) { return hit }
        if let slot = subject.client { clients.rules.takeMessage(&clients[slot], at: now) }
        if let slot = subject.user { users.rules.takeMessage(&users[slot], at: now) }
        if let rate = settings.totalMessageRate { messages.take(1, of: rate, at: now) }
        return nil
    }

    private func refusal(of subject: LimitSubject, octets declared: Int, at now: NIODeadline) -> LimitHit? {
        if let slot = subject.client,
            let hit = clients.rules.refusalOfMessage(clients[slot], octets: declared, at: now)
        {
            return hit
        }
        if let slot = subject.user, let hit = users.rules.refusalOfMessage(users[slot], octets: declared, at: now) {
            return hit
        }
        return SubjectRules.hit(.totalMessageRate, messages, 1, settings.totalMessageRate, now)
            ?? SubjectRules.hit(.totalByteRate, octets, declared, settings.totalByteRate, now)
    }

    /// Maximum number of recipients for the message that begins.
    func recipientBudget(_ subject: LimitSubject, at now: NIODeadline) -> Int {
        let byClient = subject.client.map { clients.rules.roomForRecipients(clients[$0], at: now) } ?? .max
        let byUser = subject.user.map { users.rules.roomForRecipients(users[$0], at: now) } ?? .max
        return min(byClient, byUser)
    }

    /// Why the budget was too small: the stricter limit.
    func refusalOfRecipient(_ subject: LimitSubject, at now: NIODeadline) -> LimitHit? {
        let byClient = subject.client.flatMap { clients.rules.refusalOfRecipient(clients[$0], at: now) }
        let byUser = subject.user.flatMap { users.rules.refusalOfRecipient(users[$0], at: now) }
        guard let byClient, let byUser else { return byClient ?? byUser }
        return (byUser.wait ?? .zero) > (byClient.wait ?? .zero) ? byUser : byClient
    }

    /// The content of a message is complete.
    mutating func charge(_ subject: LimitSubject, recipients: Int, octets count: Int, at now: NIODeadline) {
        if let slot = subject.client {
            clients.rules.takeContent(&clients[slot], recipients: recipients, octets: count, at: now)
        }
        if let slot = subject.user {
            users.rules.takeContent(&users[slot], recipients: recipients, octets: count, at: now)
        }
        if let rate = settings.totalByteRate { octets.take(count, of: rate, at: now) }
    }
}

extension IPAddress {
    /// The address that limits count: for IPv6 its /64, which belongs to one household or one machine (RFC 6177 section
    /// 2), for IPv4 the whole address.
    var limited: IPAddress {
        isIPv4 ? self : IPAddress(value: value & (~UInt128.zero << 64))
    }
}
