import Alerts
import Foundation
import Mail
import Notifiers
import Synchronization
import TestKit
import Testing

@testable import Relay

@Suite("The board of alerts")
struct AlertBoardTests {
    /// A board with a clock that a test moves, and what it reported.
    private final class Desk: Sendable {
        let now = Mutex(Timestamp(milliseconds: 1_700_000_000_000))
        let events = Mutex<[String]>([])

        func board(_ settings: AlertSettings, _ file: AlertFile? = nil) -> AlertBoard {
            AlertBoard(
                settings, file: file, hostname: { "relay.test" }, steady: { self.now.withLock { $0 } },
                lead: { .seconds(100) }, report: { event in self.events.withLock { $0.append(event.words) } })
        }

        func pass(_ duration: Duration) { now.withLock { $0 = $0 + duration } }

        func takeEvents() -> [String] {
            events.withLock { events in
                defer { events = [] }
                return events
            }
        }
    }

    private func settings(_ notify: [String] = ["ops"], sinks: [String] = ["ops"]) -> AlertSettings {
        var settings = AlertSettings()
        settings.usesDefaults = false
        var rule = AlertRule(name: "open", kind: .upstreamOpen)
        (rule.clearHold, rule.notify) = (.zero, notify)
        settings.own = [rule]
        settings.sinks = sinks.map { NotifySettings(name: $0, kind: .command) }
        return settings
    }

    private func facts(isClosed: Bool) -> AlertFacts {
        var (facts, upstream) = (AlertFacts(), UpstreamFacts(name: "ses"))
        upstream.isClosed = isClosed
        facts.upstreams = [upstream]
        return facts
    }

    @Test("what fires waits in the outbox for each who is told, until that has worked")
    func telling() throws {
        let desk = Desk()
        let board = desk.board(settings(["ops", "boss"], sinks: ["ops", "boss", "other"]))
        board.look(facts(isClosed: false))
        #expect(desk.takeEvents() == ["firing open: ses"])
        let due = board.takeDue()
        #expect(due.map(\.sink) == ["ops", "boss"] && board.takeDue().isEmpty)
        #expect(due[0].notification.since == "2023-11-14T22:15:00.000Z")
        board.told(due[0], nil)
        board.told(due[1], NotifierFailure("no answer"))
        #expect(desk.takeEvents() == ["sent to ops", "not sent to boss: no answer, again in 101.0"])
        desk.pass(.seconds(1))
        let again = board.takeDue()
        #expect(again.map(\.sink) == ["boss"] && again[0].notification.id == due[1].notification.id)
        board.told(again[0], NotifierFailure("nonsense", isFinal: true))
        #expect(desk.takeEvents() == ["not sent to boss: nonsense, given up"])
    }

    @Test("a restart between telling and the answer tells again, and the alert fires no second time")
    func restart() throws {
        let desk = Desk()
        let board = desk.board(settings())
        board.look(facts(isClosed: false))
        let first = try #require(board.takeDue().first)
        let file = try #require(board.takeNews())
        #expect(board.takeNews() == nil)
        let next = desk.board(settings(), try AlertFile(octets: file.octets()))
        next.look(facts(isClosed: false))
        let second = try #require(next.takeDue().first)
        #expect(second.notification == first.notification)
        next.told(second, nil)
        next.look(facts(isClosed: true))
        #expect(desk.takeEvents() == ["firing open: ses", "sent to ops", "resolved open: ses"])
    }

    @Test("a reload that takes somebody out forgets what waits for him, and says so")
    func reload() {
        let desk = Desk()
        let board = desk.board(settings())
        board.look(facts(isClosed: false))
        board.replace(with: settings([], sinks: []))
        board.look(facts(isClosed: false))
        #expect(
            desk.takeEvents() == [
                "firing open: ses", "not sent to ops: relay.conf names it no longer, given up",
            ])
        #expect(board.takeDue().isEmpty && board.statuses.map(\.state) == ["firing"])
    }

    @Test("a reload that names somebody else tells him what fires, and both when it is over; the log has it once")
    func replaced() {
        let desk = Desk()
        let board = desk.board(settings(sinks: ["ops", "dev"]))
        board.look(facts(isClosed: false))
        for entry in board.takeDue() { board.told(entry, nil) }
        board.replace(with: settings(["dev"], sinks: ["ops", "dev"]))
        desk.pass(.seconds(10))
        board.look(facts(isClosed: false))
        for entry in board.takeDue() { board.told(entry, nil) }
        board.look(facts(isClosed: true))
        #expect(board.takeDue().map(\.sink) == ["dev", "ops"])
        #expect(desk.takeEvents() == ["firing open: ses", "sent to ops", "sent to dev", "resolved open: ses"])
    }

    @Test("what fires and waits for somebody whom a reload takes out is dropped, and its end with it")
    func takenOut() {
        let desk = Desk()
        let board = desk.board(settings(sinks: ["ops", "dev"]))
        board.look(facts(isClosed: false))
        for entry in board.takeDue() { board.told(entry, NotifierFailure("no answer")) }
        board.replace(with: settings(["dev"], sinks: ["ops", "dev"]))
        desk.pass(.seconds(10))
        board.look(facts(isClosed: false))
        for entry in board.takeDue() { board.told(entry, nil) }
        board.look(facts(isClosed: true))
        #expect(board.takeDue().map(\.sink) == ["dev"])
        #expect(
            desk.takeEvents() == [
                "firing open: ses", "not sent to ops: no answer, again in 101.0",
                "not sent to ops: relay.conf names it no longer, given up", "sent to dev", "resolved open: ses",
            ])
    }

    @Test("so is it if relay.conf has changed while the relay was not running")
    func takenOutMeanwhile() throws {
        let desk = Desk()
        let board = desk.board(settings())
        board.look(facts(isClosed: false))
        let file = try AlertFile(octets: try #require(board.takeNews()).octets())
        let next = desk.board(settings(["dev"], sinks: ["ops", "dev"]), file)
        desk.pass(.seconds(10))
        next.look(facts(isClosed: true))
        #expect(next.takeDue().isEmpty)
        #expect(
            desk.takeEvents() == [
                "firing open: ses", "not sent to ops: relay.conf names it no longer, given up", "resolved open: ses",
            ])
    }

    @Test("a receiver that comes back hears of what fires, and nothing of what came and went meanwhile")
    func comesBack() throws {
        let desk = Desk()
        let board = desk.board(settings())
        for _ in 0..<5 {
            board.look(facts(isClosed: false))
            for entry in board.takeDue() { board.told(entry, NotifierFailure("no answer")) }
            desk.pass(.seconds(400))
            board.look(facts(isClosed: true))
            #expect(board.takeDue().isEmpty)
            desk.pass(.seconds(10))
        }
        let events = desk.takeEvents()
        #expect(events.count { $0 == "not sent to ops: it was over before it could be told, given up" } == 5)
        board.look(facts(isClosed: false))
        let due = board.takeDue()
        #expect(due.map(\.notification.status) == [.firing])
        #expect(due.first?.notification.since == (desk.now.withLock { $0 } + .seconds(100)).rfc3339)
    }

    @Test("after a final refusal no end is told either")
    func refused() throws {
        let desk = Desk()
        let board = desk.board(settings())
        board.look(facts(isClosed: false))
        board.told(try #require(board.takeDue().first), NotifierFailure("nonsense", isFinal: true))
        desk.pass(.seconds(10))
        board.look(facts(isClosed: false))
        board.look(facts(isClosed: true))
        #expect(board.takeDue().isEmpty)
    }

    @Test("a silence is shown by the system's clock, and keeps the outbox empty")
    func silence() throws {
        let desk = Desk()
        let board = desk.board(settings())
        board.silence("open", for: .seconds(60), who: "ann", reason: "their maintenance")
        let silence = try #require(board.statuses[0].silence)
        #expect(silence.until == desk.now.withLock { $0 } + .seconds(160) && silence.who == "ann")
        board.look(facts(isClosed: false))
        #expect(board.takeDue().isEmpty)
        board.unsilence("open", who: nil, reason: nil)
        board.unsilence("open", who: nil, reason: nil)
        board.look(facts(isClosed: false))
        #expect(board.takeDue().count == 1)
        #expect(
            desk.takeEvents() == [
                "silenced open", "firing open: ses (silenced)", "unsilenced open", "firing open: ses",
            ])
    }

    @Test("a test tells everybody once, and says of each whether that worked")
    func test() async throws {
        let desk = Desk()
        var settings = settings(["good", "bad"], sinks: ["good", "bad"])
        settings.sinks[0].command = ["/bin/sh", "-c", "grep -q this.is.a.test"]
        settings.sinks[1].command = ["/bin/sh", "-c", "exit 7"]
        let board = desk.board(settings)
        let maker = NotifierMaker(
            client: { _ in throw NotifierFailure("no client") }, post: { _, _ in },
            now: { Timestamp(milliseconds: 0) })
        let results = await AlertTester(board: board, maker: maker).test(settings.own[0])
        #expect(
            results == [
                AlertTestResult(notify: "good", problem: nil),
                AlertTestResult(notify: "bad", problem: "/bin/sh ended with 7"),
            ])
        #expect(
            desk.takeEvents().sorted() == ["not sent to bad: /bin/sh ended with 7, given up", "sent to good"])
        #expect(board.statuses[0].state == "ok")
    }
}

@Suite("The file of alerts")
struct AlertStoreTests {
    @Test("is written as a whole and read again; nothing there is nothing")
    func file() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let store = AlertStore(directory: directory.path) { _ in }
        #expect(try store.read() == nil)
        store.save(AlertFile(AlertMemory(), AlertOutbox()))
        await store.flush()
        #expect(try store.read()?.memory == AlertMemory())
        let path = directory.path + "/alerts.json"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("is set aside if it cannot be read, and that is said", arguments: ["{", "", #"{"version":7}"#])
    func corrupt(text: String) throws {
        let (directory, events) = (try TestKit.TemporaryDirectory(), Events())
        let path = directory.path + "/alerts.json"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        let store = AlertStore(directory: directory.path) { events.add($0) }
        for _ in 0..<2 { #expect(try store.read() == nil) }
        #expect(events.all == ["unreadable, kept at \(path).broken"])
        #expect(try String(contentsOfFile: path + ".broken", encoding: .utf8) == text)
    }

    @Test("that cannot be written is said once")
    func unwritable() async throws {
        let events = Events()
        let store = AlertStore(directory: "/no/such/directory") { events.add($0) }
        for _ in 0..<2 {
            store.save(AlertFile(AlertMemory(), AlertOutbox()))
            await store.flush()
        }
        #expect(events.all == ["unwritable"])
    }

    private final class Events: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ event: AlertEvent) { state.withLock { $0.append(event.words) } }
    }
}

extension AlertEvent {
    /// A few words.
    fileprivate var words: String {
        switch self {
        case .told(let notice):
            "\(notice.status.rawValue) \(notice.rule.name): \(notice.subjects.map(\.name).joined(separator: ", "))"
                + (notice.isSilenced ? " (silenced)" : "")
        case .notified(let sink, _): "sent to \(sink)"
        case .notNotified(let sink, _, let reason, let next):
            "not sent to \(sink): \(reason), "
                + (next.map { "again in \(($0 - Timestamp(milliseconds: 1_700_000_000_000)) / .seconds(1))" }
                    ?? "given up")
        case .silenced(let name, _): "silenced \(name)"
        case .unsilenced(let name, _, _): "unsilenced \(name)"
        case .tested(let name, _, _): "tested \(name)"
        case .stateLost(_, _, let keptAt): "unreadable, kept at \(keptAt ?? "-")"
        case .stateUnsaved: "unwritable"
        }
    }
}
