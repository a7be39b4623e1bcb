import NIOCore
import Testing
import Upstreams

@testable import Delivery

@Suite("The book of an upstream's addresses")
struct AddressBookTests {
    private static let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)

    private var book = AddressBook()

    private func address(_ number: Int) -> SocketAddress {
        try! SocketAddress(ipAddress: "192.0.2.\(number)", port: 25)
    }

    private func after(_ seconds: Int) -> MonotonicInstant { Self.start + .seconds(seconds) }

    private func book(of numbers: ClosedRange<Int>, healthy: [Int] = [], sick: [Int] = []) -> AddressBook {
        var book = AddressBook()
        book.list(numbers.map(address), now: Self.start)
        for number in healthy { _ = book.greeted(address(number), now: Self.start) }
        for number in sick { _ = book.failed(address(number), "refused", now: Self.start) }
        return book
    }

    private func next(_ book: AddressBook, without tried: [Int] = [], sessions: [Int: Int] = [:]) -> SocketAddress? {
        book.next(excluding: Set(tried.map(address))) { address in
            sessions.first { self.address($0.key) == address }?.value ?? 0
        }
    }

    // MARK: - Choosing

    @Test("the order is the resolver's while nothing is known, and each gets its turn")
    func order() {
        let book = book(of: 1...3)
        #expect(next(book) == address(1))
        #expect(next(book, without: [1]) == address(2))
        #expect(next(book, without: [1, 2]) == address(3))
        #expect(next(book, without: [1, 2, 3]) == nil)
    }

    @Test("sessions spread over healthy addresses: the one with the fewest gets the next")
    func spread() {
        let book = book(of: 1...4, healthy: [1, 2, 3])
        var sessions: [Int: Int] = [:]
        for _ in 0..<9 {
            let chosen = (1...4).first { address($0) == next(book, sessions: sessions) }
            sessions[chosen ?? 0, default: 0] += 1
        }
        #expect(sessions == [1: 3, 2: 3, 3: 3])
    }

    @Test("healthy ones come before untried ones, those before suspect ones, and sick ones come last")
    mutating func ranks() {
        book = book(of: 1...4, healthy: [4], sick: [1])
        book.suspected(address(2))
        #expect(next(book, sessions: [4: 100]) == address(4))
        #expect(next(book, without: [4]) == address(3))
        #expect(next(book, without: [3, 4]) == address(2))
        #expect(next(book, without: [2, 3, 4]) == address(1))
    }

    @Test("where all are sick, the one that has rested longest is first")
    mutating func allSick() {
        book = book(of: 1...3)
        for number in [2, 3, 1] { _ = book.failed(address(number), "refused", now: after(number == 2 ? 0 : number)) }
        #expect(next(book) == address(2))
        #expect(next(book, without: [2]) == address(1))
    }

    // MARK: - Trials

    @Test("beside a healthy address, an untried one is tried once at a time")
    mutating func untried() {
        book = book(of: 1...3)
        #expect(book.nextTrial(now: Self.start) == nil)
        _ = book.greeted(address(1), now: Self.start)
        #expect(book.nextTrial(now: Self.start) == address(2))
        #expect(book.nextTrial(now: Self.start) == address(3))
        #expect(book.nextTrial(now: Self.start) == nil)
        book.noLongerSuspected(address(2))
        #expect(book.nextTrial(now: Self.start) == address(2))
    }

    @Test("a sick address is due after a minute, then after two, and after ten at most")
    mutating func rests() {
        book = book(of: 1...2, healthy: [1])
        var now = Self.start
        for rest in [60, 120, 240, 480, 600, 600] {
            _ = book.failed(address(2), "refused", now: now)
            #expect(book.nextTrial(now: now + .seconds(rest - 1)) == nil)
            now = now + .seconds(rest)
            #expect(book.nextTrial(now: now) == address(2), "\(rest)")
        }
    }

    @Test("one that recovers and stays well is new again; one that fails soon rests for longer")
    mutating func relapse() {
        book = book(of: 1...2, healthy: [1], sick: [2])
        #expect(book.greeted(address(2), now: after(60)) == true)
        #expect(book.health(of: address(2))?.state == .healthy)
        #expect(book.failed(address(2), "421", now: after(100)) == true)
        #expect(book.nextTrial(now: after(219)) == nil)
        #expect(book.greeted(address(2), now: after(220)) == true)
        #expect(book.failed(address(2), "421", now: after(341)) == true)
        #expect(book.nextTrial(now: after(400)) == nil)
        #expect(book.nextTrial(now: after(401)) == address(2))
    }

    @Test("several sessions that meet the same trouble are one failure, and the first says since when")
    mutating func once() {
        book = book(of: 1...2, healthy: [1, 2])
        #expect(book.failed(address(2), "421 busy", now: after(1)) == true)
        for second in 2..<20 { #expect(book.failed(address(2), "closed", now: after(second)) == false) }
        #expect(book.health(of: address(2))?.state == .sick(reason: "421 busy"))
        #expect(book.health(of: address(2))?.since == after(1))
        #expect(book.nextTrial(now: after(61)) == address(2))
    }

    @Test("a greeting is news only from a sick address")
    mutating func news() {
        book = book(of: 1...2, sick: [2])
        #expect(book.greeted(address(1), now: after(1)) == false)
        #expect(book.greeted(address(1), now: after(2)) == false)
        #expect(book.health(of: address(1))?.since == after(1))
        #expect(book.greeted(address(2), now: after(3)) == true)
    }

    // MARK: - The resolver

    @Test("addresses that go and come back keep their health")
    mutating func refresh() {
        book = book(of: 1...2, healthy: [1], sick: [2])
        book.list([address(1), address(3)], now: after(5))
        #expect(book.addresses == [address(1), address(3)])
        #expect(book.nextTrial(now: after(100)) == address(3))
        book.list([address(2), address(1)], now: after(10))
        #expect(next(book) == address(1))
        #expect(book.health(of: address(2))?.state == .sick(reason: "refused"))
        #expect(book.health(of: address(2))?.since == Self.start)
    }

    @Test("duplicates count once, and neither the list nor the memory grows without bound")
    mutating func bounds() {
        book.list([address(1), address(1), address(2)], now: Self.start)
        #expect(book.addresses == [address(1), address(2)])
        for round in 0..<20 {
            let many = (0..<100).map { try! SocketAddress(ipAddress: "198.51.\(round).\($0)", port: 25) }
            book.list(many, now: after(round + 1))
            #expect(book.addresses.count == AddressBook.limit)
        }
        #expect(book.health(of: address(1)) == nil)
        let last = try! SocketAddress(ipAddress: "198.51.19.0", port: 25)
        #expect(book.health(of: last) != nil)
    }

    @Test("both families work, and a port makes another address")
    mutating func families() throws {
        let six = try SocketAddress(ipAddress: "2001:db8::1", port: 25)
        let other = try SocketAddress(ipAddress: "192.0.2.1", port: 587)
        book.list([six, address(1), other], now: Self.start)
        #expect(book.addresses.count == 3)
        _ = book.failed(six, "Network is unreachable", now: Self.start)
        #expect(next(book) == address(1))
        #expect(six.hostAndPort == "[2001:db8::1]:25")
        #expect(other.hostAndPort == "192.0.2.1:587")
    }
}
