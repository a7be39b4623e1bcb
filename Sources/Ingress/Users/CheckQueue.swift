internal import Mail

/// Decides, as a value, which password is checked next. A check takes tenths of a second, so guessing from many
/// addresses could otherwise keep everybody else waiting.
///
/// There are three lines, and a later one moves only while the earlier ones are empty: addresses that have logged in
/// before; names of users, from any other address; unknown names. Within each line addresses take turns, and one
/// address has only a few checks in total.
///
/// Response times must not reveal who is a user. So a user's name from an address that has not logged in is queued
/// among the unknown names too. It is checked ahead of them, once; but a wrong password is reported only when its turn
/// has come there, after the same work, by others and for itself, as an unknown name would need. Only a correct
/// password is answered earlier.
struct CheckQueue: Sendable {
    /// Limits on waiting and running checks.
    struct Limits: Hashable, Sendable {
        /// From one address that has logged in before, and from all of them.
        var perTrustedClient = 64
        var trusted = 1024
        /// From one other address, and from all others.
        var perStranger = 8
        var strangers = 4096
    }

    /// What is known about the origin of a check.
    enum Rank: Hashable, Sendable {
        /// Its address has logged in before.
        case trusted
        /// It names a user.
        case user
        case stranger
    }

    /// One check awaiting its answer.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
        fileprivate let client: IPAddress
        fileprivate let rank: Rank
    }

    enum Turn: Hashable, Sendable {
        /// Check it; the result is the answer.
        case check(Ticket)
        /// Check it; only success is an answer yet, because others were here before.
        case checkAhead(Ticket)
        /// Nothing remains to be done for one checked ahead: a wrong password may be reported from now on.
        case catchUp(Ticket)

        var ticket: Ticket {
            switch self {
            case .check(let ticket), .checkAhead(let ticket), .catchUp(let ticket): ticket
            }
        }
    }

    private let limits: Limits
    private var lastNumber: UInt64 = 0
    private var trusted = FairLine<Ticket>()
    private var users = FairLine<Ticket>()
    private var strangers = FairLine<Ticket>()
    private var ahead: Set<Ticket> = []
    private var trustedCounts = Counts()
    private var strangerCounts = Counts()

    /// Unanswered checks, by address.
    private struct Counts: Sendable {
        var total = 0
        var byClient: [IPAddress: Int] = [:]

        mutating func add(_ change: Int, of client: IPAddress) {
            total += change
            let count = byClient[client, default: 0] + change
            byClient[client] = count == 0 ? nil : count
        }
    }

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Queues a check.
    ///
    /// - Parameter client: an address, or the network that counts as one.
    /// - Returns: nil if there is no room, independently of the name.
    mutating func add(from client: IPAddress, as rank: Rank) -> Ticket? {
        guard hasRoom(for: client, rank) else { return nil }
        lastNumber += 1
        let ticket = Ticket(number: lastNumber, client: client, rank: rank)
        count(1, ticket)
        switch rank {
        case .trusted: trusted.append(ticket, of: client)
        case .user:
            users.append(ticket, of: client)
            strangers.append(ticket, of: client)
        case .stranger: strangers.append(ticket, of: client)
        }
        return ticket
    }

    private func hasRoom(for client: IPAddress, _ rank: Rank) -> Bool {
        switch rank {
        case .trusted:
            trustedCounts.total < limits.trusted
                && trustedCounts.byClient[client, default: 0] < limits.perTrustedClient
        case .user, .stranger:
            strangerCounts.total < limits.strangers
                && strangerCounts.byClient[client, default: 0] < limits.perStranger
        }
    }

    private mutating func count(_ change: Int, _ ticket: Ticket) {
        switch ticket.rank {
        case .trusted: trustedCounts.add(change, of: ticket.client)
        case .user, .stranger: strangerCounts.add(change, of: ticket.client)
        }
    }

    /// What to do next; nil if nothing is waiting.
    mutating func next() -> Turn? {
        if let ticket = trusted.popFirst() { return .check(ticket) }
        if let ticket = users.popFirst() {
            ahead.insert(ticket)
            return .checkAhead(ticket)
        }
        guard let ticket = strangers.popFirst() else { return nil }
        return ahead.contains(ticket) ? .catchUp(ticket) : .check(ticket)
    }

    /// A check has been answered; it no longer waits for anything.
    mutating func remove(_ ticket: Ticket) {
        count(-1, ticket)
        switch ticket.rank {
        case .trusted: trusted.remove(ticket, of: ticket.client)
        case .user:
            ahead.remove(ticket)
            users.remove(ticket, of: ticket.client)
            strangers.remove(ticket, of: ticket.client)
        case .stranger: strangers.remove(ticket, of: ticket.client)
        }
    }
}
