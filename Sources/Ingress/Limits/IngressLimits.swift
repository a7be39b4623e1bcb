internal import Mail
internal import NIOCore
internal import Synchronization

/// The limits of all listeners, shared by all loops. Without limits no lock is taken.
package final class IngressLimits: Sendable {
    /// Maximum number of clients, and of users, tracked individually: some 15 MB at most.
    static let capacity = 65_536

    private let settings: LimitSettings
    private let exempt: [IPNetwork]
    private let limitsTotal: Bool
    private let machine: Mutex<LimitMachine>

    /// - Throws: ``IngressError`` for an invalid network in `exempt`.
    package init(_ settings: LimitSettings) throws {
        self.settings = settings
        exempt = try IPNetwork.list(settings.exempt, key: "exempt")
        limitsTotal = settings.totalMessageRate != nil || settings.totalByteRate != nil
        machine = Mutex(LimitMachine(settings, capacity: Self.capacity))
    }

    func enter(client: IPAddress, _ subject: inout LimitSubject, at now: NIODeadline) -> LimitHit? {
        guard settings.client.areAny, !exempt.contains(where: { $0.contains(client) }) else { return nil }
        return machine.withLock { $0.enter(client: client, &subject, at: now) }
    }

    func enter(user: String, messageRate: Rate?, _ subject: inout LimitSubject, at now: NIODeadline) -> LimitHit? {
        guard settings.user.areAny || messageRate != nil else { return nil }
        return machine.withLock { $0.enter(user: user, messageRate: messageRate, &subject, at: now) }
    }

    /// Releases the session's user; the client's slot stays.
    func leaveUser(_ subject: inout LimitSubject, at now: NIODeadline) {
        guard subject.user != nil else { return }
        var former = LimitSubject()
        former.user = subject.user
        subject.user = nil
        machine.withLock { $0.leave(former, at: now) }
    }

    func leave(_ subject: LimitSubject, at now: NIODeadline) {
        guard subject.client != nil || subject.user != nil else { return }
        machine.withLock { $0.leave(subject, at: now) }
    }

    /// A message begins.
    ///
    /// - Returns: the limit that was reached; otherwise, how many recipients the message may have.
    func begin(_ subject: LimitSubject, declared: Int?, at now: NIODeadline) -> (hit: LimitHit?, recipients: Int) {
        guard applies(to: subject) else { return (nil, .max) }
        return machine.withLock { machine in
            let hit = machine.begin(subject, declared: declared, at: now)
            return (hit, hit == nil ? machine.recipientBudget(subject, at: now) : 0)
        }
    }

    func refusalOfRecipient(_ subject: LimitSubject, at now: NIODeadline) -> LimitHit? {
        machine.withLock { $0.refusalOfRecipient(subject, at: now) }
    }

    func charge(_ subject: LimitSubject, recipients: Int, octets: Int, at now: NIODeadline) {
        guard applies(to: subject) else { return }
        machine.withLock { $0.charge(subject, recipients: recipients, octets: octets, at: now) }
    }

    private func applies(to subject: LimitSubject) -> Bool {
        limitsTotal || subject.client != nil || subject.user != nil
    }
}

extension IPNetwork {
    /// Parses a list of networks; throws ``IngressError`` for an invalid entry.
    static func list(_ texts: [String], key: String) throws -> [IPNetwork] {
        try texts.map { text in
            guard let network = IPNetwork(text) else {
                throw IngressError(.badNetwork, "\(key): \"\(text)\" is not a network such as 10.0.0.0/8 or fd00::/8")
            }
            return network
        }
    }
}
