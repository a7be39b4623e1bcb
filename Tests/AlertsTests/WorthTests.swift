import Mail
import Testing

@testable import Alerts

@Suite("What is still worth telling")
struct WorthTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    private func notification(
        _ id: String, _ status: AlertNotice.Status, _ names: [String], isRepeated: Bool = false
    ) -> AlertNotification {
        let subjects = names.map { AlertNotice.Subject(name: $0, since: start, report: AlertReport("\($0) of \(id)")) }
        var notice = AlertNotice(rule(.upstreamOpen), status, subjects)
        notice.isRepeated = isRepeated
        return AlertNotification(notice, id: id, relay: "relay.test", now: start, lead: .zero)
    }

    /// An outbox for `ops`, and what was said to be over before it could be told.
    private struct Box {
        var outbox = AlertOutbox()
        var over: [String] = []
        var now: Timestamp

        mutating func add(_ notification: AlertNotification) {
            over += outbox.add(notification, for: "ops", now: now).over.map(\.notification.subject)
        }

        mutating func take() throws -> AlertOutbox.Entry {
            now = now + .seconds(3600)
            return try #require(outbox.takeDue(now: now).first)
        }

        /// What he is told next, if anything waits: after the longest wait.
        mutating func next() -> AlertOutbox.Entry? {
            now = now + .seconds(301)
            return outbox.takeDue(now: now).first
        }

        mutating func fail(_ entry: AlertOutbox.Entry, isFinal: Bool = false, mayHaveArrived: Bool = false) {
            _ = outbox.failed(entry, wait: nil, isFinal: isFinal, mayHaveArrived: mayHaveArrived, now: now)
        }

        /// After a restart: all there is is the file.
        mutating func restart() throws {
            outbox = try AlertFile(octets: AlertFile(AlertMemory(), outbox).octets()).outbox
        }

        var waiting: [String] {
            outbox.waiting.map { "\($0.notification.status.rawValue) \($0.notification.subject)" }
        }
    }

    private var box: Box { Box(now: start) }

    @Test("an alert that was never told and is over is dropped with its end, and that is said")
    func never() {
        var box = box
        for round in 0..<20 {
            box.add(notification("f\(round)", .firing, ["ses"]))
            box.add(notification("r\(round)", .resolved, ["ses"]))
        }
        #expect(box.waiting == [] && box.over == Array(repeating: "ses", count: 20))
    }

    @Test("an alert that was told and is over leaves one end, however often it came and went since")
    func told() throws {
        var box = box
        box.add(notification("f", .firing, ["ses"]))
        box.outbox.succeeded(try box.take())
        for round in 0..<20 {
            box.add(notification("r\(round)", .resolved, ["ses"]))
            box.add(notification("f\(round)", .firing, ["ses"]))
        }
        #expect(box.waiting == ["resolved ses", "firing ses"])
        box.add(notification("last", .resolved, ["ses"]))
        #expect(box.waiting == ["resolved ses"] && box.over.count == 20)
        #expect(box.outbox.waiting.map(\.notification.id) == ["r0"])
    }

    @Test("of several subjects those that are over are dropped, and the others told")
    func subjects() {
        var box = box
        box.add(notification("f", .firing, ["a", "b", "c"]))
        box.add(notification("r", .resolved, ["a", "c"]))
        #expect(box.waiting == ["firing b"] && box.over == ["a, c"])
        box.add(notification("g", .firing, ["d"]))
        box.add(notification("s", .resolved, ["b", "d", "e"]))
        #expect(box.waiting == ["resolved e"] && box.over == ["a, c", "b", "d"])
    }

    @Test("what is under way stays as it is; what comes of it decides about its end", arguments: [true, false])
    func underWay(arrives: Bool) throws {
        var box = box
        box.add(notification("f", .firing, ["ses"]))
        let entry = try box.take()
        box.add(notification("r", .resolved, ["ses"]))
        #expect(box.waiting == ["firing ses", "resolved ses"])
        if arrives { box.outbox.succeeded(entry) } else { box.fail(entry) }
        #expect(box.waiting == (arrives ? ["resolved ses"] : []))
    }

    @Test("after a try that may have arrived the end is told, also if it is given up")
    func doubtful() throws {
        for (isFinal, isLate) in [(false, false), (false, true), (true, false)] {
            var box = box
            box.add(notification("f", .firing, ["ses"]))
            let entry = try box.take()
            if !isLate { box.add(notification("r", .resolved, ["ses"])) }
            box.fail(entry, isFinal: isFinal, mayHaveArrived: true)
            if isLate { box.add(notification("r", .resolved, ["ses"])) }
            #expect(box.waiting == ["resolved ses"] && box.over == [])
        }
    }

    @Test("what is told again waits once, with the words of the last look, and its end is told")
    func repeated() throws {
        var box = box
        box.add(notification("f", .firing, ["ses"]))
        for round in 0..<50 { box.add(notification("f\(round)", .firing, ["ses"], isRepeated: true)) }
        #expect(box.waiting == ["firing ses"] && box.outbox.waiting[0].notification.text == "ses of f49")
        #expect(box.outbox.waiting[0].notification.id == "f" && !box.outbox.waiting[0].isKnown)
        box.outbox.succeeded(try box.take())
        box.add(notification("again", .firing, ["ses"], isRepeated: true))
        box.add(notification("r", .resolved, ["ses"]))
        #expect(box.waiting == ["resolved ses"] && box.over == [])
    }

    @Test("a restart while it is told may have told it; one before that has not", arguments: [true, false])
    func restart(isUnderWay: Bool) throws {
        var box = box
        box.add(notification("f", .firing, ["ses"]))
        if isUnderWay { _ = try box.take() }
        try box.restart()
        #expect(box.waiting == ["firing ses"])
        box.add(notification("r", .resolved, ["ses"]))
        #expect(box.waiting == (isUnderWay ? ["resolved ses"] : []))
    }

    @Test("what a former version has left, beginnings and ends in turn, is dropped at the start")
    func former() throws {
        var entries: [AlertOutbox.Entry] = []
        for (id, status) in [("1", AlertNotice.Status.firing), ("2", .resolved), ("3", .firing)] {
            entries.append(
                AlertOutbox.Entry(
                    sink: "ops", notification: notification(id, status, ["ses"]), beganAt: start, dueAt: start))
        }
        #expect(AlertOutbox(waiting: entries).waiting.map(\.notification.id) == ["3"])
    }

    @Test("an end that makes room is taken however much waits")
    func full() {
        var box = box
        for number in 0..<AlertOutbox.capacity { box.add(notification("\(number)", .firing, ["\(number)"])) }
        #expect(!box.outbox.add(notification("more", .firing, ["more"]), for: "ops", now: start).isTaken)
        #expect(box.outbox.add(notification("r", .resolved, ["7"]), for: "ops", now: start).isTaken)
        #expect(box.waiting.count == AlertOutbox.capacity - 1 && !box.waiting.contains("firing 7"))
    }

    @Test("whatever happens, he hears of no end without its beginning, and of no beginning that is over")
    func anything() throws {
        for seed in UInt64(0)..<200 {
            var (generator, box) = (SplitMix64(seed: seed), box)
            var (fires, known): (Bool, Bool) = (false, false)
            for step in 0..<60 {
                if Bool.random(using: &generator) {
                    fires.toggle()
                    box.add(notification("\(step)", fires ? .firing : .resolved, ["ses"]))
                }
                guard Int.random(in: 0..<3, using: &generator) == 0, let entry = box.next() else { continue }
                guard Int.random(in: 0..<4, using: &generator) == 0 else {
                    box.fail(entry)
                    continue
                }
                let isBeginning = entry.notification.status == .firing
                #expect(known != isBeginning, "seed \(seed), step \(step)")
                known = isBeginning
                box.outbox.succeeded(entry)
                #expect(box.waiting.count <= 2, "seed \(seed), step \(step)")
            }
            while let entry = box.next() {
                known = entry.notification.status == .firing
                box.outbox.succeeded(entry)
            }
            #expect(known == fires, "seed \(seed)")
        }
    }
}
