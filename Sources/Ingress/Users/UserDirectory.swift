internal import SASL
internal import Synchronization

/// The users who may log in; shared by all sessions, and replaced as a whole at run time.
package final class UserDirectory: Sendable {
    private struct Content {
        var users: [String: UserSettings] = [:]
        var offersSCRAM = false
    }

    private let content: Mutex<Content>

    /// - Parameter users: with unique names.
    package init(_ users: [UserSettings] = []) {
        content = Mutex(Self.content(of: users))
    }

    /// The user with this name. Canonically equivalent names are equal.
    package subscript(name: String) -> UserSettings? {
        content.withLock { $0.users[name] }
    }

    package var count: Int {
        content.withLock { $0.users.count }
    }

    /// Whether every user has SCRAM keys. A client picks the strongest mechanism offered, so a single user without keys
    /// could no longer log in.
    package var offersSCRAM: Bool {
        content.withLock { $0.offersSCRAM }
    }

    /// Later logins see these users only; logged-in sessions continue.
    package func replace(with users: [UserSettings]) {
        let new = Self.content(of: users)
        content.withLock { $0 = new }
    }

    private static func content(of users: [UserSettings]) -> Content {
        var content = Content()
        for user in users {
            let former = content.users.updateValue(user, forKey: user.name)
            precondition(former == nil, "user names must be unique")
        }
        content.offersSCRAM = !users.isEmpty && users.allSatisfy { $0.passwordHash.scramKeys != nil }
        return content
    }
}
