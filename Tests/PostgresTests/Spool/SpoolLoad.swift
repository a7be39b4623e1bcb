import Mail
import NIOCore
import Spool
import Synchronization

/// Some users of one spool at the same time, each with messages of its own, while something happens to the database.
struct SpoolLoad: Sendable {
    let database: DatabaseSpool
    let users: Int
    /// Each user has as many messages accepted.
    let messages: Int
    /// What happens, by the number of answers that have come by then.
    let incidents: [Int: @Sendable () -> Void]
    private let answers = Answers()

    private final class Answers: Sendable {
        let count = Atomic(0)
    }

    init(_ database: DatabaseSpool, users: Int, messages: Int, incidents: [Int: @Sendable () -> Void]) {
        self.database = database
        self.users = users
        self.messages = messages
        self.incidents = incidents
    }

    /// - Returns: the books of all users, once every outcome is durable.
    func run() async -> SpoolBooks {
        let books = await withTaskGroup(of: SpoolBooks.self) { group in
            for number in 0..<users {
                group.addTask {
                    let user = DatabaseUser(database)
                    for message in 0..<messages { await self.work(user, number + message) }
                    return user.books
                }
            }
            return await group.reduce(into: SpoolBooks()) { $0.add($1) }
        }
        await database.settled(books.entries.keys.map(\.self) + books.departures)
        return books
    }

    /// Has one message accepted, and tries to deliver it.
    private func work(_ user: DatabaseUser, _ number: Int) async {
        let id = await submit(user, large: number % 5 == 0)
        guard number % 4 > 0 else { return }
        await begin(user, id)
        await answered(user.perform(.settle(.sample(id, .deferred), ticket: user.ticket())))
        guard number % 4 > 1 else { return }
        await begin(user, id)
        await answered(user.perform(.settle(.sample(id, .failed), ticket: user.ticket())))
    }

    /// Each try has its own queue ID, as that of a client has.
    private func submit(_ user: DatabaseUser, large: Bool) async -> QueueID {
        while true {
            await database.recovered()
            let id = database.makeID()
            var answer: Answer?
            if large {
                let stream = user.stream()
                let part = ByteBuffer(bytes: [UInt8].content(1200))
                for _ in 0..<3 {
                    answer = await answered(user.perform(.append(stream, part)))
                    guard answer == .done else { break }
                }
                guard answer == .done else { continue }
                answer = await answered(user.accept(.sample(id, .content(3600), stream: stream)))
            } else {
                answer = await answered(user.accept(.sample(id, .content(200))))
            }
            if answer == .done { return id }
        }
    }

    /// Nothing is sent before that is on record.
    private func begin(_ user: DatabaseUser, _ id: QueueID) async {
        while await answered(user.perform(.beginAttempt(id, .sample))) != .done { await database.settled([id]) }
    }

    @discardableResult
    private func answered(_ answer: Answer?) async -> Answer? {
        if let incident = incidents[answers.count.add(1, ordering: .relaxed).newValue] {
            // A thread of its own: it waits for others.
            await withCheckedContinuation { continuation in
                _ = SpoolThread("incident") {
                    incident()
                    continuation.resume()
                }
            }
        }
        return answer
    }
}
