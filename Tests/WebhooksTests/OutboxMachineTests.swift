import Mail
import Spool
import Testing

@testable import Webhooks

/// A machine with a clock of its own and a random part of 1, so that delays are those of the table.
private struct Bench {
    var machine = OutboxMachine(WebhookLimits(attempts: 3, retryFor: .seconds(3600)))
    var now = Timestamp(milliseconds: 0)

    init(_ entries: OutboxEntry..., limits: WebhookLimits? = nil) {
        if let limits { machine = OutboxMachine(limits) }
        load(entries)
    }

    mutating func load(_ entries: [OutboxEntry]) {
        guard case .load(let page) = next() else {
            Issue.record("nothing is read")
            return
        }
        machine.loaded(entries, page)
    }

    mutating func next() -> OutboxMachine.Action { machine.next(now: now) }

    /// Numbers of all that is sent now.
    mutating func sent() -> [Int] {
        var numbers: [Int] = []
        while case .send(let entry) = next() { numbers.append(entry.number) }
        return numbers
    }

    /// Numbers of all that is sent now, with these events in the outbox.
    mutating func sent(from table: [OutboxEntry]) -> [Int] {
        var numbers: [Int] = []
        while true {
            switch next() {
            case .send(let entry): numbers.append(entry.number)
            case .load(let page): machine.loaded(page.select(from: table), page)
            case .write, .wait: return numbers
            }
        }
    }

    /// What is written and told after a failure.
    @discardableResult
    mutating func fail(_ number: Int, wish: Duration? = nil) -> (OutboxWrite, [WebhookNews])? {
        machine.answered(number, .failed(reason: "status 503", wish: wish), now: now, random: 1)
    }

    @discardableResult
    mutating func take(_ number: Int) -> (OutboxWrite, [WebhookNews])? {
        machine.answered(number, .taken, now: now, random: 1)
    }

    mutating func wait(seconds: Int64) { now = now + .seconds(seconds) }
}

@Suite("Events on their way to one receiver")
struct OutboxMachineTests {
    @Test("Events of different messages go beside each other, a few at a time")
    func width() {
        let limits = WebhookLimits(attempts: 3, retryFor: .seconds(3600), concurrency: 4)
        var bench = Bench(.sample(1), .sample(2), .sample(3), .sample(4), .sample(5), .sample(6), limits: limits)
        #expect(bench.sent() == [1, 2, 3, 4])
        #expect(bench.next() == .wait(until: nil))
        #expect(bench.take(2)?.0 == OutboxWrite(.remove([2])))
        #expect(bench.sent() == [5])
        bench.machine.adapt(WebhookLimits(attempts: 3, retryFor: .seconds(3600), concurrency: 5))
        #expect(bench.sent() == [6])
    }

    @Test("Events of one message go one after another, also after failures")
    func order() {
        var bench = Bench(.sample(1, of: 7), .sample(2, of: 7), .sample(3, of: 8))
        #expect(bench.sent() == [1, 3])
        bench.take(3)
        bench.fail(1)
        bench.wait(seconds: 5)
        #expect(bench.sent() == [1])
        bench.take(1)
        #expect(bench.sent() == [2])
    }

    @Test("After a failure the receiver is left alone, then tried with one event; after a success all go on")
    func resting() {
        var bench = Bench(.sample(1), .sample(2), .sample(3))
        #expect(bench.sent() == [1, 2, 3])
        let (write, news) = bench.fail(1) ?? (OutboxWrite([]), [])
        let until = Timestamp(milliseconds: 5000)
        #expect(write == OutboxWrite(.postpone(1, attempts: 1, until: until, reason: "status 503")))
        #expect(news == [.refused, .failed(reason: "status 503", until: until)])
        #expect(bench.fail(2)?.1 == [.refused] && bench.fail(3)?.1 == [.refused])
        #expect(bench.next() == .wait(until: until))
        bench.now = until
        #expect(bench.sent() == [1])
        bench.fail(1)
        #expect(bench.next() == .wait(until: until + .seconds(10)))
        bench.wait(seconds: 10)
        #expect(bench.sent() == [2])
        #expect(bench.take(2)?.1 == [.delivered, .recovered])
        #expect(bench.machine.failures == 0)
        #expect(bench.sent() == [3, 1])
    }

    @Test("One event that is always refused does not keep the others")
    func poison() {
        var bench = Bench(.sample(1), limits: WebhookLimits(attempts: 99, retryFor: .seconds(86_400)))
        #expect(bench.sent() == [1])
        bench.fail(1)
        bench.machine.woken()
        bench.load((2...9).map { OutboxEntry.sample($0) })
        bench.wait(seconds: 5)
        var delivered: [Int] = []
        for _ in 0..<8 {
            for number in bench.sent() where number != 1 {
                bench.take(number)
                delivered.append(number)
            }
        }
        #expect(delivered.sorted() == Array(2...9))
    }

    @Test("A message with many events does not keep those of others, and has its own in order")
    func largeMessage() {
        var bench = Bench()
        var table = (1...300).map { OutboxEntry.sample($0, of: 7) } + [.sample(301)]
        bench.machine.woken()
        #expect(bench.sent(from: table) == [1, 301])
        bench.take(301)
        table.removeLast()
        var order: [Int] = []
        var next = [1]
        while let number = next.first, next.count == 1 {
            bench.take(number)
            table.removeFirst()
            order.append(number)
            next = bench.sent(from: table)
        }
        #expect(order == Array(1...300))
    }

    @Test("Many events that are always refused do not keep a new one, and are not forgotten")
    func manyPoisons() {
        var bench = Bench(limits: WebhookLimits(attempts: 99, retryFor: .seconds(86_400)))
        var table = (1...150).map { OutboxEntry.sample($0, attempts: 1) }
        bench.machine.woken()
        for number in bench.sent(from: table) { bench.fail(number) }
        bench.wait(seconds: 60)
        table.append(.sample(151))
        bench.machine.woken()
        #expect(bench.sent(from: table) == [151])
        bench.take(151)
        table.removeLast()
        var delivered: [Int] = []
        while true {
            let numbers = bench.sent(from: table)
            guard !numbers.isEmpty else { break }
            for number in numbers { bench.take(number) }
            delivered += numbers
            table.removeAll { numbers.contains($0.number) }
        }
        #expect(delivered.sorted() == Array(1...150))
    }

    @Test("An event whose failure is not written yet keeps its attempts, even if it is read again")
    func attemptsOfParked() {
        var bench = Bench(limits: WebhookLimits(attempts: 2, retryFor: .seconds(1 << 40)))
        var table = [OutboxEntry.sample(1)]
        bench.machine.woken()
        #expect(bench.sent(from: table) == [1])
        bench.fail(1)
        table += (2...120).map { .sample($0, attempts: 1) }
        bench.machine.woken()
        #expect(bench.sent(from: table) == [])
        bench.wait(seconds: 60)
        bench.machine.woken()
        var buried: Set<Int> = []
        for _ in 1...120 {
            for number in bench.sent(from: table) {
                if case .bury(number, attempts: 2, reason: _)? = bench.fail(number)?.0.updates.first {
                    buried.insert(number)
                }
                table.removeAll { $0.number == number }
            }
            bench.wait(seconds: 3600)
        }
        #expect(buried == Set(1...120))
    }

    @Test("What the receiver asks for is honoured, within a day", arguments: [(60, 60), (86_400 * 30, 86_400), (1, 5)])
    func wish(seconds: Int, expected: Int64) {
        var bench = Bench(.sample(1), limits: WebhookLimits(attempts: 9, retryFor: .seconds(86_400 * 9)))
        #expect(bench.sent() == [1])
        bench.fail(1, wish: .seconds(seconds))
        #expect(bench.next() == .wait(until: bench.now + .seconds(expected)))
        bench.wait(seconds: expected)
        #expect(bench.sent() == [1])
    }

    @Test("After its last attempt an event is dead, and the next of its message goes")
    func lastAttempt() {
        var bench = Bench(.sample(1, of: 7, attempts: 2), .sample(2, of: 7))
        #expect(bench.sent() == [1])
        let (write, news) = bench.fail(1) ?? (OutboxWrite([]), [])
        #expect(write == OutboxWrite(.bury(1, attempts: 3, reason: "status 503")))
        #expect(news.last == .failed(reason: "status 503", until: bench.now + .seconds(5)))
        #expect(bench.machine.written(write, count: 1) == [.buried(1, reason: "status 503")])
        bench.wait(seconds: 5)
        #expect(bench.sent() == [2])
    }

    @Test("An event that has been tried for too long is dead, without another attempt")
    func tooOld() {
        var bench = Bench(.sample(1, at: 0), .sample(2, at: 1_000_000))
        #expect(bench.sent() == [1, 2])
        bench.fail(1)
        bench.fail(2)
        bench.wait(seconds: 3600)
        guard case .write(let write) = bench.next() else {
            Issue.record("nothing is buried")
            return
        }
        #expect(write.updates == [.bury(1, attempts: 1, reason: "status 503")])
        #expect(bench.machine.written(write, count: 1) == [.buried(1, reason: "status 503")])
        #expect(bench.sent() == [2])
    }

    @Test("An event that was never tried is sent once, whatever its age, and then given up")
    func neverTried() {
        var bench = Bench()
        bench.wait(seconds: 7200)
        bench.machine.woken()
        bench.load([.sample(1)])
        #expect(bench.sent() == [1])
        bench.fail(1)
        guard case .write(let write) = bench.next() else {
            Issue.record("nothing is buried")
            return
        }
        #expect(write.updates == [.bury(1, attempts: 1, reason: "status 503")])
    }

    @Test("An event that is sent again is tried for the whole time, whatever its age")
    func revived() {
        var bench = Bench()
        bench.wait(seconds: 7200)
        bench.machine.restart()
        bench.load([.sample(1, retryFrom: 7_200_000)])
        #expect(bench.sent() == [1])
        bench.fail(1)
        bench.wait(seconds: 3599)
        #expect(bench.sent() == [1])
    }

    @Test("While an event is on its way it is not given up")
    func sendingIsNotBuried() {
        var bench = Bench(.sample(1))
        #expect(bench.sent() == [1])
        bench.wait(seconds: 7200)
        #expect(bench.next() == .wait(until: nil))
        #expect(bench.take(1)?.0 == OutboxWrite(.remove([1])))
    }

    @Test("While an event is on its way, an earlier one of its message that has come back waits")
    func comeBack() {
        var bench = Bench(.sample(2, of: 7))
        #expect(bench.sent() == [2])
        bench.machine.restart()
        bench.load([.sample(1, of: 7), .sample(2, of: 7)])
        #expect(bench.sent() == [])
        bench.take(2)
        #expect(bench.sent() == [1])
    }

    @Test("An event that was dropped while it was on its way is not sent again, and its end is no news")
    func dropped() {
        var bench = Bench(.sample(1), .sample(2, attempts: 2))
        #expect(bench.sent() == [1, 2])
        bench.machine.restart()
        bench.load([])
        for number in [1, 2] {
            let write = bench.fail(number)?.0 ?? OutboxWrite([])
            #expect(write.updates.count == 1)
            #expect(bench.machine.written(write, count: 0) == [])
        }
        #expect(bench.machine.failures == 1)
        bench.wait(seconds: 60)
        #expect(bench.sent() == [] && bench.next() == .wait(until: nil))
    }

    @Test("News of events that were given up count those that the outbox still had")
    func countOfBuried() {
        let write = OutboxWrite([.bury(1, attempts: 3, reason: "a"), .bury(2, attempts: 3, reason: "b")])
        #expect(write.news(count: 2) == [.buried(2, reason: "b")])
        #expect(write.news(count: 1) == [.buried(1, reason: "b")] && write.news(count: 0) == [])
        #expect(OutboxWrite(.remove([1, 2])).news(count: 2) == [])
    }

    // MARK: - Reading

    @Test("The outbox is read a window at a time, and again once events have been added")
    func reading() {
        var bench = Bench()
        #expect(bench.next() == .wait(until: nil))
        bench.machine.woken()
        #expect(bench.next() == .load(OutboxPage(after: 0, limit: OutboxMachine.window)))
        bench.machine.woken()
        bench.machine.loaded([.sample(5)], OutboxPage(after: 0, limit: OutboxMachine.window))
        let second = OutboxPage(after: 5, limit: OutboxMachine.window - 1)
        #expect(bench.next() == .load(second))
        bench.machine.loaded([], second)
        #expect(bench.sent() == [5])
        #expect(bench.next() == .wait(until: nil))
    }

    @Test("A full page means that there may be more")
    func fullPage() {
        var bench = Bench()
        bench.machine.woken()
        guard case .load(let page) = bench.next() else {
            Issue.record("nothing is read")
            return
        }
        let limit = page.limit
        bench.machine.loaded((1...limit).map { .sample($0) }, page)
        for number in 1...limit / 2 {
            _ = bench.sent()
            bench.take(number)
        }
        #expect(bench.next() == .load(OutboxPage(after: limit, limit: OutboxMachine.window / 2)))
    }

    @Test("If the outbox cannot be read, it is tried again a little later")
    func loadFailed() {
        var bench = Bench()
        bench.machine.woken()
        guard case .load(let page) = bench.next() else {
            Issue.record("nothing is read")
            return
        }
        bench.machine.loadFailed(page, now: bench.now)
        #expect(bench.next() == .wait(until: bench.now + OutboxMachine.pause))
        bench.now = bench.now + OutboxMachine.pause
        #expect(bench.next() == .load(OutboxPage(after: 0, limit: OutboxMachine.window)))
    }

    @Test("A delivered event is not sent again, even if it cannot be removed; that is tried again")
    func unwritten() {
        var bench = Bench(.sample(1), .sample(2))
        #expect(bench.sent() == [1, 2])
        let write = bench.take(1)?.0 ?? OutboxWrite([])
        bench.machine.restart()
        bench.load([.sample(1), .sample(2)])
        #expect(bench.sent() == [])
        bench.machine.notWritten(write, now: bench.now)
        for _ in 0..<3 {
            #expect(bench.next() == .wait(until: bench.now + OutboxMachine.pause))
            bench.now = bench.now + OutboxMachine.pause
            guard case .write(let again) = bench.next() else {
                Issue.record("nothing is written again")
                return
            }
            #expect(again.updates == [.remove([1])] && again.isRepeat)
            #expect(bench.sent() == [])
            bench.machine.notWritten(again, now: bench.now)
        }
    }

    @Test("After an operator's change everything is read anew, and a page from before is of no use")
    func restart() {
        var bench = Bench(.sample(8))
        #expect(bench.sent() == [8])
        bench.machine.woken()
        _ = bench.next()
        bench.machine.restart()
        bench.machine.loaded([.sample(9)], OutboxPage(after: 8, limit: 10))
        bench.load([.sample(3), .sample(8), .sample(9)])
        #expect(bench.sent() == [3, 9])
    }

    @Test("An answer about an event that is not known any more is nothing")
    func unknown() {
        var bench = Bench(.sample(1))
        #expect(bench.take(1) == nil && bench.take(99) == nil)
    }

    // MARK: - Delays

    @Test(
        "Each failure doubles the delay up to an hour, half of it by chance",
        arguments: [(1, 5), (2, 10), (3, 20), (10, 2560), (11, 3600), (64, 3600), (Int.max, 3600)] as [(Int, Int)])
    func backoff(failures: Int, seconds: Int) {
        let backoff = Backoff()
        #expect(backoff.delay(after: failures, wish: nil, random: 1) == .seconds(seconds))
        #expect(backoff.delay(after: failures, wish: nil, random: 0) == .milliseconds(seconds * 500))
    }

    @Test("With any answers, no event is lost, and those of one message are delivered in order", arguments: 1...40)
    func property(seed: UInt64) {
        var world = MachineWorld(seed: seed)
        world.run()
        #expect(world.faults == [])
    }
}

/// A table and a receiver that fail by chance, around a machine.
private struct MachineWorld {
    private var random: SplitMix64
    private var machine = OutboxMachine(WebhookLimits(attempts: 1000, retryFor: .seconds(1 << 40)))
    private var table: [Int: OutboxEntry] = [:]
    private var now = Timestamp(milliseconds: 0)
    private var sending: [OutboxEntry] = []
    private var writes: [OutboxWrite] = []
    private var delivered: [Int: [Int]] = [:]
    private var added = 0
    private(set) var faults: [String] = []

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    private mutating func chance(_ percent: UInt64) -> Bool { random.next() % 100 < percent }

    mutating func run() {
        for step in 0..<3000 {
            if step < 1500, chance(20) { add() }
            if chance(1) { machine.restart() }
            finishWrites()
            answer(isGood: step > 1500 || chance(70))
            act()
        }
        if !table.isEmpty { faults.append("\(table.count) events are left") }
        for (message, numbers) in delivered where firsts(numbers) != numbers.uniqued.sorted() {
            faults.append("message \(message): \(numbers)")
        }
        if Set(delivered.values.joined()).count != added { faults.append("events are lost") }
    }

    /// Each number where it comes first.
    private func firsts(_ numbers: [Int]) -> [Int] { numbers.uniqued }

    private mutating func add() {
        added += 1
        table[added] = .sample(added, of: Int64(1 + random.next() % 5))
        machine.woken()
    }

    private mutating func finishWrites() {
        guard !writes.isEmpty, chance(50) else { return }
        let write = writes.removeFirst()
        guard !chance(5) else { return machine.notWritten(write, now: now) }
        for update in write.updates {
            switch update {
            case .remove(let numbers): for number in numbers { table[number] = nil }
            case .postpone(let number, let attempts, let until, let reason):
                table[number]?.attempts = attempts
                table[number]?.notBefore = until
                table[number]?.reason = reason
            case .bury, .expire, .revive, .drop: faults.append("\(update)")
            }
        }
        if !machine.written(write, count: write.updates.count).isEmpty { faults.append("events are given up") }
    }

    private mutating func answer(isGood: Bool) {
        guard !sending.isEmpty, chance(60) else { return }
        let entry = sending.remove(at: Int(random.next() % UInt64(sending.count)))
        if isGood { delivered[Int(entry.message.rawValue), default: []].append(entry.number) }
        let answer: WebhookAnswer = isGood ? .taken : .failed(reason: "no", wish: nil)
        if let (write, _) = machine.answered(entry.number, answer, now: now, random: 0.5) { writes.append(write) }
    }

    private mutating func act() {
        while true {
            switch machine.next(now: now) {
            case .send(let entry):
                if sending.contains(where: { $0.message == entry.message }) { faults.append("two at once") }
                sending.append(entry)
            case .load(let page):
                if chance(5) { machine.loadFailed(page, now: now) } else { machine.loaded(entries(page), page) }
            case .write(let write): writes.append(write)
            case .wait(let until):
                if sending.isEmpty, writes.isEmpty, let until { now = until } else { now = now + .milliseconds(100) }
                return
            }
        }
    }

    private func entries(_ page: OutboxPage) -> [OutboxEntry] {
        page.select(from: Array(table.values))
    }
}

extension [Int] {
    fileprivate var uniqued: [Int] {
        var seen: Set<Int> = []
        return filter { seen.insert($0).inserted }
    }
}
