import Mail
import Spool
import Testing

@testable import Delivery

@Suite("Ages of messages")
struct MessageAgesTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    private static let days = Duration.seconds(6 * 86_400)

    /// The greatest queue IDs at the start and at each step are 10, 20, 30 and so on.
    private static func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }

    private func message(_ number: Int64, at wall: Timestamp) -> SpooledMessage {
        SpooledMessage(
            id: Self.id(number), receivedAt: wall, sender: .null, body: .sevenBit, priority: .normal, messageID: "",
            origin: "", size: 1, recipients: [])
    }

    @Test("a step of the clock makes no message older or younger", arguments: [1, -1])
    func step(sign: Int) {
        let step = Self.days * sign
        var ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        let before = message(11, at: Self.start + .seconds(5))
        ages.stepped(to: step, after: Self.id(20), now: Self.start + .seconds(10))
        let during = message(21, at: Self.start + .seconds(12) + step)
        ages.stepped(to: .zero, after: Self.id(30), now: Self.start + .seconds(14))
        let after = message(31, at: Self.start + .seconds(15))
        let now = Self.start + .seconds(65)
        #expect(
            [before, during, after].map { ages.age(of: $0, at: now) } == [.seconds(60), .seconds(53), .seconds(50)])
    }

    @Test("a message whose time was read before the step, and its ID made after it, is no older than the step")
    func race() {
        var ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        ages.stepped(to: Self.days, after: Self.id(20), now: Self.start + .seconds(10))
        let raced = message(21, at: Self.start + .seconds(10))
        #expect(ages.age(of: raced, at: Self.start + .seconds(10)) == .zero)
        #expect(ages.age(of: raced, at: Self.start + .seconds(40)) == .seconds(30))
    }

    @Test("mail found at the start is as old as its time says")
    func found() {
        let ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        #expect(ages.age(of: message(1, at: Self.start - .seconds(7)), at: Self.start + .seconds(1)) == .seconds(8))
    }

    @Test("mail found at the start with a time to come is as old as the relay has run")
    func foundFromTheFuture() {
        let ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        #expect(ages.age(of: message(1, at: Self.start + Self.days), at: Self.start + .seconds(3)) == .seconds(3))
    }

    @Test("mail found at the start is as young as any of the clock's times makes it")
    func foundAndStepped() {
        let old = message(1, at: Self.start - .seconds(7))
        let now = Self.start + .seconds(20)
        // The clock was right at the start.
        var ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        ages.stepped(to: Self.days, after: Self.id(20), now: Self.start + .seconds(10))
        #expect(ages.age(of: old, at: now) == .seconds(27))
        // The clock was ahead at the start, and is put right.
        ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        ages.stepped(to: .zero - Self.days, after: Self.id(20), now: Self.start + .seconds(10))
        #expect(ages.age(of: message(1, at: Self.start - Self.days - .seconds(7)), at: now) == .seconds(27))
    }

    @Test("only mail from before the last step has to wait for its turn before it may expire")
    func settling() {
        var ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        #expect(ages.lastStep(after: Self.id(10)) == Self.start)
        #expect(ages.lastStep(after: Self.id(11)) == nil)
        ages.stepped(to: Self.days, after: Self.id(20), now: Self.start + .seconds(10))
        #expect(ages.lastStep(after: Self.id(11)) == Self.start + .seconds(10))
        #expect(ages.lastStep(after: Self.id(21)) == nil)
    }

    @Test("a clock that is set over and over takes no memory, and expires nothing early")
    func many() {
        var ages = MessageAges(lead: .zero, after: Self.id(10), now: Self.start)
        let early = message(11, at: Self.start)
        for number in 1...3000 {
            ages.stepped(
                to: .seconds(number), after: Self.id(10 + Int64(number)), now: Self.start + .milliseconds(number))
        }
        #expect(ages.age(of: early, at: Self.start + .seconds(60)) == .seconds(60))
    }
}
