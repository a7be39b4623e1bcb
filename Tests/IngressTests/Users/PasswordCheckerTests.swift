import Mail
import Dispatch
import NIOCore
import NIOPosix
import SASL
import Synchronization
import Testing

@testable import Ingress

@Suite("Password checks off the event loops")
struct PasswordCheckerTests {
    private static let cheap = PasswordCost(exponent: 10, blockSize: 1, parallelism: 1, scramIterations: 4096)
    private static let secret = Array("secret".utf8)
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    private func user(_ password: [UInt8] = secret, includesSCRAM: Bool = false) throws -> UserSettings {
        let hash = try PasswordHash(password: password, cost: Self.cheap, includesSCRAM: includesSCRAM)
        return UserSettings(name: "app", passwordHash: hash)
    }

    /// - Parameters:
    ///   - client: the last octet of an address.
    ///   - isTrusted: whether there has been a successful login from there.
    private func ask(
        _ checker: PasswordChecker, _ password: [UInt8], _ name: String, _ user: UserSettings?, from client: Int = 1,
        isTrusted: Bool = false
    ) -> EventLoopFuture<PasswordChecker.Answer> {
        let address = IPAddress(value: 0xFFFF_0A00_0000 + UInt128(client))
        let asker = PasswordChecker.Asker(client: address, isTrusted: isTrusted)
        return checker.check(password, of: name, user: user, for: asker, on: loop)
    }

    /// A checker whose checks each wait for a signal, and are counted.
    private final class Gate: Sendable {
        let semaphore = DispatchSemaphore(value: 0)
        let hashes = Mutex<[PasswordHash]>([])

        func checker(perStranger: Int = 64) throws -> PasswordChecker {
            let limits = CheckQueue.Limits(perStranger: perStranger)
            return try PasswordChecker(limits: limits, cost: PasswordCheckerTests.cheap) { [self] hash, password in
                hashes.withLock { $0.append(hash) }
                semaphore.wait()
                return try hash.verify(password)
            }
        }
    }

    @Test("accepts the right password, rejects others, and rejects unknown users")
    func answers() async throws {
        let user = try user()
        let checker = try PasswordChecker(threads: 2, cost: Self.cheap)
        for _ in 0..<3 {
            let futures = [
                ask(checker, Self.secret, "app", user), ask(checker, [0x78], "app", user),
                ask(checker, Self.secret, "nobody", nil),
            ]
            let answers = try await EventLoopFuture.whenAllSucceed(futures, on: loop).get()
            #expect(answers == [.right, .wrong, .wrong])
        }
        await checker.stop()
    }

    @Test("caches the right password until the hash changes, and never a wrong one")
    func cache() async throws {
        let gate = Gate()
        let checker = try gate.checker()
        let user = try user()
        for _ in 0..<10 { gate.semaphore.signal() }
        for (password, checks) in [(Self.secret, 1), (Self.secret, 1), ([0x78], 2), ([0x78], 3), (Self.secret, 3)] {
            let answer = try await ask(checker, password, "app", user).get()
            #expect(answer == (password == Self.secret ? .right : .wrong))
            #expect(gate.hashes.withLock { $0.count } == checks)
        }
        let changed = try await ask(checker, Self.secret, "app", try self.user()).get()
        #expect(changed == .right)
        #expect(gate.hashes.withLock { $0.count } == 4)
        await checker.stop()
    }

    @Test("makes identical checks once, and turns away an address with too many at once")
    func coalescing() async throws {
        let gate = Gate()
        let checker = try gate.checker(perStranger: 2)
        let user = try user()
        let same = (0..<100).map { _ in ask(checker, Self.secret, "app", user) }
        let second = ask(checker, [0x61], "app", user)
        let third = try await ask(checker, [0x62], "app", user).get()
        #expect(third == .tryLater)
        for _ in 0..<2 { gate.semaphore.signal() }
        let answers = try await EventLoopFuture.whenAllSucceed(same, on: loop).get()
        #expect(Set(answers) == [.right])
        let wrong = try await second.get()
        #expect(wrong == .wrong)
        #expect(gate.hashes.withLock { $0.count } == 2)
        await checker.stop()
    }

    @Test("does the same work for strangers as for users")
    func strangers() async throws {
        let gate = Gate()
        let checker = try gate.checker()
        gate.semaphore.signal()
        let answer = try await ask(checker, Self.secret, "nobody", nil).get()
        #expect(answer == .wrong)
        let used = gate.hashes.withLock { $0 }
        #expect(used.count == 1)
        #expect(used.first?.text.hasPrefix("$scrypt$ln=10,r=1,p=1$") == true)
        await checker.stop()
    }

    /// An attacker with many addresses, and those who come after.
    private func besieged(
        _ gate: Gate, _ body: (PasswordChecker, [EventLoopFuture<PasswordChecker.Answer>]) async throws -> Void
    ) async throws {
        let checker = try gate.checker(perStranger: 8)
        let guesses = (0..<100).map { ask(checker, [UInt8($0 % 8) + 0x61], "nobody\($0)", nil, from: 10 + $0) }
        try await body(checker, guesses)
        for _ in 0..<200 { gate.semaphore.signal() }
        let answers = try await EventLoopFuture.whenAllSucceed(guesses, on: loop).get()
        #expect(Set(answers) == [.wrong])
        await checker.stop()
    }

    @Test("answers a user, and an address that has logged in, before a hundred guessing addresses")
    func siege() async throws {
        let gate = Gate()
        let user = try user()
        try await besieged(gate) { checker, _ in
            let first = ask(checker, Self.secret, "app", user, from: 1)
            let second = ask(checker, [0x78], "app", user, from: 2, isTrusted: true)
            // One guess is already being checked.
            for _ in 0..<3 { gate.semaphore.signal() }
            let answers = try await (first.get(), second.get())
            #expect(answers == (.right, .wrong))
            #expect(gate.hashes.withLock { $0.count } <= 4)
        }
    }

    @Test("reports a user's wrong password only at its turn among strangers, after as much work")
    func secrecy() async throws {
        let gate = Gate()
        let user = try user()
        let order = Mutex<[String]>([])
        try await besieged(gate) { checker, guesses in
            for (name, future) in [
                ("guess", guesses[99]), ("user", ask(checker, [0x78], "app", user, from: 1)),
                ("stranger", ask(checker, [0x78], "nobody", nil, from: 2)),
            ] {
                future.whenComplete { _ in order.withLock { $0.append(name) } }
            }
        }
        #expect(order.withLock { $0 } == ["guess", "user", "stranger"])
        // Of 100 guesses, the stranger and the user.
        #expect(gate.hashes.withLock { $0.count } == 102)
    }

    @Test("answers everything waiting when stopped")
    func stop() async throws {
        let gate = Gate()
        let checker = try gate.checker()
        let user = try user()
        let futures = (1...20).map { ask(checker, [UInt8($0) + 0x40], "app", user) }
        async let stopped: Void = checker.stop()
        // The last one is answered by the stop, while the first is still running.
        let last = try await futures[19].get()
        #expect(last == .tryLater)
        for _ in futures { gate.semaphore.signal() }
        await stopped
        let answers = try await EventLoopFuture.whenAllSucceed(futures, on: loop).get()
        #expect(Set(answers).isSubset(of: [.tryLater, .wrong]))
    }

    @Test("a library failure is not a wrong password")
    func failing() async throws {
        struct Failing: Error {}
        let checker = try PasswordChecker(cost: Self.cheap) { _, _ in throw Failing() }
        let answer = try await ask(checker, Self.secret, "app", try user()).get()
        #expect(answer == .tryLater)
        await checker.stop()
    }

    @Test("the directory finds users by name, and knows whether all can use SCRAM")
    func directory() throws {
        let plain = try user()
        var strong = try user(includesSCRAM: true)
        let directory = UserDirectory()
        #expect(directory.count == 0 && !directory.offersSCRAM && directory["app"] == nil)
        directory.replace(with: [strong])
        #expect(directory.offersSCRAM && directory["app"] == strong && directory["App"] == nil)
        strong.name = "é"
        directory.replace(with: [plain, strong])
        #expect(!directory.offersSCRAM && directory.count == 2)
        #expect(directory["e\u{301}"] == strong)
    }
}
