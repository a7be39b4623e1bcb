internal import Mail
internal import NIOCore
internal import Synchronization

/// The limits of all listeners, shared by all loops. Without limits no lock is taken.
package final class IngressLimits: Sendable {
    /// Maximum number of clients, and of users, tracked individually: some 15 MB at most.
    static let capacity = 65_536

    private struct State {
        var settings: LimitSettings
        var exempt: [IPNetwork]
        var machine: LimitMachine
    }

    /// What is limited, as bits, so that no lock is taken for nothing.
    private struct Scope: OptionSet {
        let rawValue: UInt8
        static let client = Scope(rawValue: 1)
        static let user = Scope(rawValue: 2)
        static let total = Scope(rawValue: 4)

        init(rawValue: UInt8) { self.rawValue = rawValue }

        init(_ settings: LimitSettings) {
            self = []
            if settings.client.areAny { insert(.client) }
            if settings.user.areAny { insert(.user) }
            if settings.totalMessageRate != nil || settings.totalByteRate != nil { insert(.total) }
        }
    }

    private let state: Mutex<State>
    private let scopeBits: Atomic<UInt8>
    private let current = Atomic<Int>(0)

    /// - Throws: ``IngressError`` for an invalid network in `exempt`.
    package init(_ settings: LimitSettings) throws {
        state = Mutex(
            State(
                settings: settings, exempt: try IPNetwork.list(settings.exempt, key: "exempt"),
                machine: LimitMachine(settings, capacity: Self.capacity)))
        scopeBits = Atomic(Scope(settings).rawValue)
    }

    private var scope: Scope { Scope(rawValue: scopeBits.load(ordering: .relaxed)) }

    /// Counts the replacements: a session with another number is brought in line by ``renew(_:client:user:at:)``.
    var generation: Int { current.load(ordering: .relaxed) }

    /// Later decisions are made by these settings; what is counted stays.
    ///
    /// - Throws: ``IngressError`` for an invalid network in `exempt`; then nothing changes.
    func replace(with settings: LimitSettings) throws {
        let exempt = try IPNetwork.list(settings.exempt, key: "exempt")
        state.withLock { state in
            (state.settings, state.exempt) = (settings, exempt)
            state.machine.replace(settings)
        }
        scopeBits.store(Scope(settings).rawValue, ordering: .relaxed)
        current.wrappingAdd(1, ordering: .relaxed)
    }

    /// Brings a session in line with limits that have changed since it began; it is not refused for that.
    func renew(
        _ subject: inout LimitSubject, client: IPAddress?, user: (name: String, messageRate: Rate?)?,
        at now: NIODeadline
    ) {
        subject.generation = generation
        state.withLock { state in
            let limited = client.flatMap { client in
                state.exempt.contains { $0.contains(client) } ? nil : client
            }
            state.machine.renew(&subject, client: limited, user: user, at: now)
        }
    }

    func enter(client: IPAddress, _ subject: inout LimitSubject, at now: NIODeadline) -> LimitHit? {
        subject.generation = generation
        guard scope.contains(.client) else { return nil }
        return state.withLock { state in
            guard !state.exempt.contains(where: { $0.contains(client) }) else { return nil }
            return state.machine.enter(client: client, &subject, at: now)
        }
    }

    func enter(user: String, messageRate: Rate?, _ subject: inout LimitSubject, at now: NIODeadline) -> LimitHit? {
        guard scope.contains(.user) || messageRate != nil else { return nil }
        return state.withLock { $0.machine.enter(user: user, messageRate: messageRate, &subject, at: now) }
    }

    /// Releases the session's user; the client's slot stays.
    func leaveUser(_ subject: inout LimitSubject, at now: NIODeadline) {
        guard subject.user != nil else { return }
        var former = LimitSubject()
        former.user = subject.user
        subject.user = nil
        state.withLock { $0.machine.leave(former, at: now) }
    }

    func leave(_ subject: LimitSubject, at now: NIODeadline) {
        guard subject.client != nil || subject.user != nil else { return }
        state.withLock { $0.machine.leave(subject, at: now) }
    }

    /// A message begins.
    ///
    /// - Returns: the limit that was reached; otherwise, how many recipients the message may have.
    func begin(_ subject: LimitSubject, declared: Int?, at now: NIODeadline) -> (hit: LimitHit?, recipients: Int) {
        guard applies(to: subject) else { return (nil, .max) }
        return state.withLock { state in
            let hit = state.machine.begin(subject, declared: declared, at: now)
            return (hit, hit == nil ? state.machine.recipientBudget(subject, at: now) : 0)
        }
    }

    func refusalOfRecipient(_ subject: LimitSubject, at now: NIODeadline) -> LimitHit? {
        state.withLock { $0.machine.refusalOfRecipient(subject, at: now) }
    }

    func charge(_ subject: LimitSubject, recipients: Int, octets: Int, at now: NIODeadline) {
        guard applies(to: subject) else { return }
        state.withLock { $0.machine.charge(subject, recipients: recipients, octets: octets, at: now) }
    }

    private func applies(to subject: LimitSubject) -> Bool {
        scope.contains(.total) || subject.client != nil || subject.user != nil
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
