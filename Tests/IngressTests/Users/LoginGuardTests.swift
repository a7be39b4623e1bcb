import Mail
import NIOCore
import Testing

@testable import Ingress

@Suite("Password guessing")
struct LoginGuardTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func settings() -> LoginSettings {
        var settings = LoginSettings()
        settings.maxFailures = 5
        return settings
    }

    private func address(_ text: String) throws -> IPAddress {
        try #require(IPAddress(text))
    }

    private func at(_ seconds: Int64) -> NIODeadline { Self.start + .seconds(seconds) }

    @Test("slows down with each failure, up to eight times, and ends in a lockout of the address")
    func slower() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        let penalties = (0..<5).map { login.failed("u\($0)", from: client, now: at(Int64($0))) }
        #expect(penalties.map(\.delay) == [1, 2, 4, 8, 8].map { .seconds($0) })
        #expect(penalties.map(\.isLockedOut) == [false, false, false, false, true])
        #expect(login.isLockedOut(client, now: at(5)))
        #expect(login.isLockedOut("anybody", from: client, now: at(5)))
        #expect(!login.isLockedOut(try address("192.0.2.2"), now: at(5)))
    }

    @Test("is locked out for the lockout time, and then starts over")
    func lockoutEnds() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        for _ in 0..<5 { _ = login.failed(nil, from: client, now: at(0)) }
        #expect(login.isLockedOut(client, now: at(899)))
        #expect(!login.isLockedOut(client, now: at(900)))
        #expect(login.failed(nil, from: client, now: at(900)) == .init(delay: .seconds(1), isLockedOut: false))
    }

    @Test("a lockout is not lifted by another attempt after its failures have expired")
    func lockOutlivesWindow() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        for number in 1...5 { _ = login.failed("app", from: try address("198.51.100.\(number)"), now: at(0)) }
        #expect(login.failed("app", from: client, now: at(1)).isLockedOut)
        _ = login.failed("app", from: client, now: at(700))
        #expect(login.isLockedOut("app", from: client, now: at(701)))
    }

    @Test("is forgotten after the window")
    func window() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        for _ in 0..<4 { _ = login.failed("app", from: client, now: at(0)) }
        #expect(login.failed("app", from: client, now: at(600)) == .init(delay: .seconds(1), isLockedOut: false))
    }

    @Test("from all of a /64 counts as one address, IPv4 in either notation too")
    func networks() throws {
        for (one, other, isSame) in [
            ("2001:db8::1", "2001:db8::ffff:1", true), ("2001:db8::1", "2001:db8:0:1::1", false),
            ("192.0.2.1", "::ffff:192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ] {
            var login = LoginGuard(settings())
            for _ in 0..<5 { _ = login.failed(nil, from: try address(one), now: at(0)) }
            #expect(login.isLockedOut(try address(other), now: at(1)) == isSame, "\(one) \(other)")
        }
    }

    @Test("from everywhere gives each address one guess, and lets the user's own application in")
    func distributed() throws {
        var login = LoginGuard(settings())
        for number in 1...4 {
            let client = try address("198.51.100.\(number)")
            #expect(!login.failed("app", from: client, now: at(0)).isLockedOut)
            #expect(!login.isLockedOut("app", from: client, now: at(0)))
        }
        for number in 5...50 {
            let client = try address("198.51.100.\(number)")
            #expect(!login.isLockedOut("app", from: client, now: at(1)))
            #expect(login.failed("app", from: client, now: at(1)) == .init(delay: .seconds(8), isLockedOut: true))
            #expect(login.isLockedOut("app", from: client, now: at(2)))
            #expect(!login.isLockedOut("other", from: client, now: at(2)))
            #expect(!login.isLockedOut(client, now: at(2)))
        }
        let own = try address("192.0.2.1")
        #expect(!login.isLockedOut("app", from: own, now: at(2)))
        login.succeeded("app", from: own, now: at(2))
        #expect(!login.isLockedOut("app", from: own, now: at(3)))
    }

    @Test("a success clears the failures of this user from there")
    func success() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        for _ in 0..<4 { _ = login.failed("app", from: client, now: at(0)) }
        login.succeeded("app", from: client, now: at(1))
        #expect(login.failed("app", from: client, now: at(2)) == .init(delay: .seconds(1), isLockedOut: false))
    }

    @Test("a success with one's own account does not clear guesses at others")
    func ownAccount() throws {
        var login = LoginGuard(settings())
        let client = try address("192.0.2.1")
        for number in 0..<5 {
            #expect(!login.isLockedOut(client, now: at(0)))
            _ = login.failed("victim\(number)", from: client, now: at(0))
            login.succeeded("mine", from: client, now: at(0))
        }
        #expect(login.isLockedOut(client, now: at(1)))
    }

    @Test("remembers addresses with a successful login, by /64, and no others")
    func loggedIn() throws {
        var login = LoginGuard(settings())
        let (client, network) = (try address("192.0.2.1"), try address("2001:db8::1"))
        let (neighbour, others) = (try address("2001:db8::ffff:1"), ["192.0.2.2", "2001:db8:0:1::1"])
        _ = login.failed("app", from: client, now: at(0))
        #expect(!login.hasLoggedIn(client))
        login.succeeded("app", from: client, now: at(1))
        login.succeeded("app", from: network, now: at(1))
        #expect(login.hasLoggedIn(client) && login.hasLoggedIn(neighbour))
        for other in others { #expect(!login.hasLoggedIn(try address(other))) }
        for _ in 0..<5 { _ = login.failed("app", from: client, now: at(2)) }
        #expect(login.hasLoggedIn(client) && login.isLockedOut(client, now: at(3)))
    }

    @Test("uses bounded memory, however many take part")
    func memory() throws {
        var login = LoginGuard(settings(), capacity: 100)
        let client = try address("192.0.2.1")
        for _ in 0..<5 { _ = login.failed("app", from: client, now: at(0)) }
        for number in 0..<40 { _ = login.failed("u\(number)", from: try address("10.0.0.\(number)"), now: at(0)) }
        #expect(login.isLockedOut(client, now: at(1)))
        for number in 0..<10_000 {
            _ = login.failed("u\(number)", from: try address("10.1.\(number / 256).\(number % 256)"), now: at(0))
        }
        #expect(!login.isLockedOut(client, now: at(1)))
        var table = RecentTable<Int, Int>(capacity: 10)
        for number in 0..<1000 {
            table[number] = number
            #expect(table.count <= 10)
            #expect(table[max(0, number - 4)] == max(0, number - 4))
        }
        table[999] = nil
        #expect(table[999] == nil)
    }
}
