/// Which password is checked next, as a value. A check takes tenths of a second, so whoever guesses from many addresses could keep
/// everybody else waiting.
///
/// Three lines, of which a later one moves only while those before it are empty: addresses that have logged in before; names of
/// users, from any other address; names that nobody has. In each of them addresses take turns, and one address has no more than
/// a few checks in all.
///
/// Nobody may learn from the time of an answer who is a user. So a user's name from an address that has not logged in lines up among
/// the unknown names too. It is checked ahead of them, once; but that its password was wrong is told when its turn has come there:
/// after the same work of others and its own as with a name that nobody has. Only the right password is worth an answer ahead of that.
struct CheckQueue: Sendable {
    /// How many checks may wait or run.
    struct Limits: Hashable, Sendable {
        /// From one address that has logged in before, and from all of them.
        var perTrustedClient = 64
        var trusted = 1024
        /// From one other address, and from all others.
        var perStranger = 8
        var strangers = 4096
    }

    /// What is known of whoever wants a password to be checked.
    enum Rank: Hashable, Sendable {
        /// Its address has logged in before.
        case trusted
        /// It names a user.
        case user
        case stranger
    }

    /// One check, for as long as it has no answer.
    struct Ticket: Hashable, Sendable {
        fileprivate let number: UInt64
        fileprivate let client: ClientAddress
        fileprivate let rank: Rank
    }

    enum Turn: Hashable, Sendable {
        /// Check it; the result is the answer.
        case check(Ticket)
        /// Check it; only that it is right is an answer yet, since others were here before.
        case checkAhead(Ticket)
        /// Nothing is left to do for one that was checked ahead: that it was wrong may be told from now on.
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

    /// Checks without an answer, by address.
    private struct Counts: Sendable {
        var total = 0
        var byClient: [ClientAddress: Int] = [:]

        mutating func add(_ change: Int, of client: ClientAddress) {
            total += change
            let count = byClient[client, default: 0] + change
            byClient[client] = count == 0 ? nil : count
        }
    }

    init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// Lines up a check.
    ///
    /// - Parameter client: an address, or the network that counts as one.
    /// - Returns: nil where there is no room, which does not depend on the name.
    mutating func add(from client: ClientAddress, as rank: Rank) -> Ticket? {
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

    private func hasRoom(for client: ClientAddress, _ rank: Rank) -> Bool {
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

    /// What is to be done next; nil where nothing waits.
    mutating func next() -> Turn? {
        if let ticket = trusted.popFirst() { return .check(ticket) }
        if let ticket = users.popFirst() {
            ahead.insert(ticket)
            return .checkAhead(ticket)
        }
        guard let ticket = strangers.popFirst() else { return nil }
        return ahead.contains(ticket) ? .catchUp(ticket) : .check(ticket)
    }

    /// A check has its answer; it waits for nothing any more.
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
