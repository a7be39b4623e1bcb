import Mail
import Testing

@testable import Alerts

@Suite("What has to be told")
struct OutboxTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)

    /// About a subject of its own, so that nothing makes it pointless.
    private func notification(_ id: String) -> AlertNotification {
        let subject = AlertNotice.Subject(name: id, since: start, report: AlertReport("little is free"))
        let notice = AlertNotice(rule(.disk), .firing, [subject])
        return AlertNotification(notice, id: id, relay: "relay.test", now: start, lead: .zero)
    }

    @Test("goes out in order, one at a time for each recipient, and nobody waits for another")
    func order() {
        var outbox = AlertOutbox()
        for id in ["1", "2"] {
            for sink in ["slow", "quick"] { #expect(outbox.add(notification(id), for: sink, now: start).isTaken) }
        }
        let first = outbox.takeDue(now: start)
        #expect(first.map(\.sink) == ["slow", "quick"] && first.allSatisfy { $0.notification.id == "1" })
        #expect(outbox.takeDue(now: start).isEmpty)
        outbox.succeeded(first[1])
        let second = outbox.takeDue(now: start)
        #expect(second.map(\.sink) == ["quick"] && second[0].notification.id == "2")
        outbox.succeeded(second[0])
        outbox.succeeded(first[0])
        #expect(outbox.takeDue(now: start).map(\.sink) == ["slow"])
    }

    @Test("is tried again after growing waits, and given up after hours")
    func retries() {
        var (outbox, now, waits) = (AlertOutbox(), start, [Duration]())
        _ = outbox.add(notification("1"), for: "ops", now: now)
        while true {
            let entry = outbox.takeDue(now: now)
            #expect(entry.count == 1)
            guard case .again(let due) = outbox.failed(entry[0], wait: nil, isFinal: false, now: now) else { break }
            #expect(outbox.takeDue(now: due - .milliseconds(1)).isEmpty)
            waits.append(due - now)
            now = due
        }
        #expect(waits.prefix(5) == [.seconds(1), .seconds(2), .seconds(4), .seconds(8), .seconds(16)])
        #expect(waits.max() == .seconds(300) && waits.last == .seconds(300))
        #expect(now - start <= AlertOutbox.patience && now - start > .seconds(5 * 3600))
        #expect(outbox.waiting.isEmpty)
    }

    @Test("waits as long as the recipient asks, but not for ever, and not at all for a final refusal")
    func asked() {
        var outbox = AlertOutbox()
        for id in ["1", "2"] { _ = outbox.add(notification(id), for: "ops", now: start) }
        var entry = outbox.takeDue(now: start)[0]
        #expect(
            outbox.failed(entry, wait: .seconds(90), isFinal: false, now: start) == .again(at: start + .seconds(90)))
        entry = outbox.takeDue(now: start + .seconds(90))[0]
        #expect(
            outbox.failed(entry, wait: .seconds(1_000_000), isFinal: false, now: start)
                == .again(at: start + .seconds(3600)))
        entry = outbox.takeDue(now: start + .seconds(3600))[0]
        #expect(outbox.failed(entry, wait: nil, isFinal: true, now: start + .seconds(3600)) == .givenUp)
        #expect(outbox.takeDue(now: start + .seconds(3600)).map(\.notification.id) == ["2"])
    }

    @Test("is bounded for each recipient")
    func bounded() {
        var outbox = AlertOutbox()
        for id in 0..<AlertOutbox.capacity {
            #expect(outbox.add(notification("\(id)"), for: "ops", now: start).isTaken)
        }
        #expect(outbox.add(notification("one more"), for: "ops", now: start).isTaken == false)
        #expect(outbox.add(notification("other"), for: "boss", now: start).isTaken)
    }

    @Test("for somebody whom relay.conf no longer names is forgotten, and said to be")
    func keep() {
        var outbox = AlertOutbox()
        for sink in ["ops", "boss"] { _ = outbox.add(notification("1"), for: sink, now: start) }
        let entry = outbox.takeDue(now: start)
        var settings = AlertSettings()
        settings.own = [rule(.disk) { $0.notify = ["boss"] }]
        settings.sinks = [NotifySettings(name: "boss", kind: .webhook)]
        #expect(outbox.keep(settings).map(\.sink) == ["ops"])
        #expect(outbox.failed(entry[0], wait: nil, isFinal: false, now: start) == .givenUp)
        #expect(outbox.waiting.map(\.sink) == ["boss"])
    }

    @Test("survives a restart with its tries, and is due again")
    func restart() throws {
        var outbox = AlertOutbox()
        _ = outbox.add(notification("1"), for: "ops", now: start)
        let entry = outbox.takeDue(now: start)[0]
        _ = outbox.failed(entry, wait: nil, isFinal: false, now: start)
        let octets = try AlertFile(AlertMemory(), outbox).octets()
        var restored = try AlertFile(octets: octets).outbox
        #expect(restored.waiting == outbox.waiting)
        #expect(restored.takeDue(now: start).isEmpty)
        #expect(restored.takeDue(now: start + .seconds(1)).map(\.tries) == [1])
    }
}
