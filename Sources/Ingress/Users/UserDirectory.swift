internal import SASL
internal import Synchronization

/// Who may log in; shared by all sessions, and replaced as a whole while they run.
package final class UserDirectory: Sendable {
    private struct Content {
        var users: [String: UserSettings] = [:]
        var offersSCRAM = false
    }

    private let content: Mutex<Content>

    /// - Parameter users: each name once.
    package init(_ users: [UserSettings] = []) {
        content = Mutex(Self.content(of: users))
    }

    /// The user of this name. Names that look the same are the same (canonical equivalence).
    package subscript(name: String) -> UserSettings? {
        content.withLock { $0.users[name] }
    }

    package var count: Int {
        content.withLock { $0.users.count }
    }

    /// Whether every user has keys for SCRAM. A client picks the strongest mechanism that is offered: one user without
    /// keys could not log in any more.
    package var offersSCRAM: Bool {
        content.withLock { $0.offersSCRAM }
    }

    /// Logins from now on see these users only; sessions that have logged in go on.
    package func replace(with users: [UserSettings]) {
        let new = Self.content(of: users)
        content.withLock { $0 = new }
    }

    private static func content(of users: [UserSettings]) -> Content {
        var content = Content()
        for user in users {
            let former = content.users.updateValue(user, forKey: user.name)
            precondition(former == nil, "a user's name is there once")
        }
        content.offersSCRAM = !users.isEmpty && users.allSatisfy { $0.passwordHash.scramKeys != nil }
        return content
    }
}
