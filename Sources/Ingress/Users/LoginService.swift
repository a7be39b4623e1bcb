internal import Mail
internal import NIOCore
internal import SASL
internal import Synchronization

/// What logins need, shared by the sessions of all listeners: the users, the password checker, and the record of
/// failures.
package final class LoginService: Sendable {
    package let directory: UserDirectory
    private let checker: PasswordChecker
    let decoy: SCRAMDecoy
    private let failures: Mutex<LoginGuard>

    /// - Throws: `TLSError` if the system has no randomness.
    package init(directory: UserDirectory, settings: LoginSettings) throws {
        self.directory = directory
        decoy = try SCRAMDecoy()
        // Last, because it starts threads.
        checker = try PasswordChecker()
        failures = Mutex(LoginGuard(settings))
    }

    /// Later failures are judged by these settings.
    func replace(_ settings: LoginSettings) {
        failures.withLock { $0.replace(settings) }
    }

    func isLockedOut(_ client: IPAddress, now: NIODeadline) -> Bool {
        failures.withLock { $0.isLockedOut(client, now: now) }
    }

    func isLockedOut(_ user: String, from client: IPAddress, now: NIODeadline) -> Bool {
        failures.withLock { $0.isLockedOut(user, from: client, now: now) }
    }

    /// Whether this is the user's password; clients at addresses with a previous login are answered first.
    func check(
        _ password: [UInt8], of user: String, from client: IPAddress, on eventLoop: any EventLoop
    ) -> EventLoopFuture<PasswordChecker.Answer> {
        let asker = PasswordChecker.Asker(
            client: client.limited, isTrusted: failures.withLock { $0.hasLoggedIn(client) })
        return checker.check(password, of: user, user: directory[user], for: asker, on: eventLoop)
    }

    func failed(_ user: String?, from client: IPAddress, now: NIODeadline) -> LoginGuard.Penalty {
        failures.withLock { $0.failed(user, from: client, now: now) }
    }

    func succeeded(_ user: String, from client: IPAddress, now: NIODeadline) {
        failures.withLock { $0.succeeded(user, from: client, now: now) }
    }

    /// Stops the threads; nobody can log in afterwards.
    package func stop() async {
        await checker.stop()
    }
}
