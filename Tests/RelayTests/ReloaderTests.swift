import Admin
import Audit
import Configuration
import Delivery
import Dispatch
import Foundation
import Glibc
import Ingress
import Mail
import Synchronization
import Telemetry
import TLS
import TestKit
import Testing

@testable import Relay

/// A relay that only writes down what is done to it.
private final class WrittenRelay: ReloadableRelay {
    struct State {
        var steps: [String] = []
        var failure: IngressError?
        var doubts: [String: Int] = [:]
        /// Those who wait in ``commit(_:_:)``; nil to wait for nobody.
        var held: [CheckedContinuation<Void, Never>]?
    }

    let live: LiveConfiguration
    let state = Mutex(State())

    init(_ configuration: RelayConfiguration) { live = LiveConfiguration(configuration) }

    var steps: [String] { state.withLock { $0.steps } }

    private func note(_ step: String) { state.withLock { $0.steps.append(step) } }

    func doubts(at upstreams: Set<String>) -> [String: Int] {
        state.withLock { $0.doubts }.filter { upstreams.contains($0.key) }
    }

    func rehearse(_ configuration: RelayConfiguration) throws {
        note("rehearse")
        if let failure = state.withLock({ $0.failure }) { throw failure }
    }

    func prepare(_ configuration: RelayConfiguration) throws -> Int {
        note("prepare")
        if let failure = state.withLock({ $0.failure }) { throw failure }
        return 1
    }

    func commit(_ configuration: RelayConfiguration, _ change: Int) async {
        note("commit")
        await withCheckedContinuation { continuation in
            let isHeld = state.withLock { state in
                state.held?.append(continuation)
                return state.held != nil
            }
            if !isHeld { continuation.resume() }
        }
        live.replace(with: configuration)
        note("committed \(configuration.delivery.upstreams.count)")
    }

    func discard(_ change: Int) { note("discard") }
    func readCertificates(always: Bool) { if always { note("certificates") } }

    func replace(users: [UserSettings]) {
        live.replace(usersOfFile: users)
        note("users \(users.map(\.name).joined())")
    }
}

/// Lines of a log.
private final class Lines: LogOutput {
    private let text = Mutex("")

    func write(_ bytes: UnsafeRawBufferPointer) { text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }

    var all: String { text.withLock { $0 } }
}

@Suite("A reload")
struct ReloaderTests {
    private struct Refusal: Error {}

    /// A relay.conf, and the relay that runs by it.
    private final class Stage: Sendable {
        let directory: TemporaryDirectory
        let relay: WrittenRelay
        let records = Mutex<[AuditRecord]>([])
        let refuses = Mutex(false)
        private let lines = Lines()
        private let log: EventLog

        var path: String { directory.path + "/relay.conf" }

        init(_ text: String) throws {
            directory = try TemporaryDirectory()
            let path = directory.path + "/relay.conf"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            relay = WrittenRelay(try RelayConfiguration.load(path: path))
            log = EventLog(output: lines)
        }

        func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

        func makeReloader(_ files: FileDesk = FileDesk()) -> Reloader<WrittenRelay> {
            Reloader(
                path, relay, files: files, journal: ReloadJournal(log: log, events: { [log] in log.record($0) }),
                now: { Timestamp(milliseconds: 0) },
                record: { [self] new in
                    if refuses.withLock({ $0 }) { throw Refusal() }
                    records.withLock { $0 += new }
                })
        }

        /// Everything that was logged; the log is closed.
        func logged() -> String {
            log.close()
            return lines.all
        }
    }

    private static let order = ReloadOrder(who: "uid:0", reason: "test")

    private static func text(_ upstreams: Int, _ more: String = "") -> String {
        "hostname = \"relay.test\"\n" + more
            + (0..<upstreams).map { "[[upstream]]\nname = \"u\($0)\"\naddress = \"u\($0).test:25\"\n" }.joined()
    }

    @Test("is recorded, and then put into force")
    func done() async throws {
        let stage = try Stage(Self.text(1))
        try stage.write(Self.text(2, "threads = 7\n"))
        let answer = try await stage.makeReloader().reload(Self.order)
        #expect(answer.changed.map(\.subject) == ["threads", "upstream u1: added"])
        #expect(answer.needsRestart == ["threads"])
        #expect(stage.relay.steps == ["prepare", "commit", "committed 2", "certificates"])
        let records = stage.records.withLock { $0 }
        #expect(records.map(\.subject) == ["threads", "upstream u1: added"])
        #expect(records.map(\.who) == ["uid:0", "uid:0"] && records.map(\.reason) == ["test", "test"])
        #expect(
            records[0].after == "7, after a restart" && records[1].after == "name = \"u1\", address = \"u1.test:25\"")
        let log = stage.logged()
        #expect(log.contains("reloaded") && log.contains("changes=2") && log.contains("restart_needed"))
    }

    @Test("that is a rehearsal changes, records and logs nothing")
    func rehearsal() async throws {
        let stage = try Stage(Self.text(1))
        try stage.write(Self.text(2))
        let order = ReloadOrder(who: "uid:0", isRehearsal: true)
        #expect(try await stage.makeReloader().reload(order).changed.count == 1)
        #expect(stage.relay.steps == ["rehearse"] && stage.records.withLock { $0.isEmpty } && stage.logged().isEmpty)
    }

    @Test("that is a rehearsal fails where the reload would, and neither records nor logs it")
    func rehearsedFailure() async throws {
        let stage = try Stage(Self.text(1))
        try stage.write(Self.text(1, "[[listener]]\naddress = \"127.0.0.1:2525\"\n"))
        stage.relay.state.withLock { $0.failure = IngressError(.addressInUse, "listener 127.0.0.1:2525: taken") }
        let order = ReloadOrder(who: "uid:0", isRehearsal: true)
        let taken = await #expect(throws: UnusableConfiguration.self) {
            try await stage.makeReloader().reload(order)
        }
        #expect(taken?.problems.last?.key == "listener.address" && taken?.problems.last?.line == 3)
        #expect(stage.relay.steps == ["rehearse"] && stage.records.withLock { $0.isEmpty } && stage.logged().isEmpty)
    }

    @Test(
        "warns of mail in doubt at upstreams that it takes away, before it and when it is done",
        arguments: [true, false])
    func doubts(isRehearsal: Bool) async throws {
        let stage = try Stage(Self.text(3))
        try stage.write(Self.text(1))
        stage.relay.state.withLock { $0.doubts = ["u0": 5, "u1": 1, "u2": 2] }
        let order = ReloadOrder(who: "uid:0", isRehearsal: isRehearsal)
        let problems = try await stage.makeReloader().reload(order).problems.filter { $0.key == "upstream.name" }
        #expect(problems.map(\.severity) == [.warning, .warning])
        #expect(problems.first?.message.hasPrefix("1 message in doubt at u1,") == true)
        #expect(problems.last?.message.hasPrefix("2 messages in doubt at u2,") == true)
        #expect(stage.logged().contains("in doubt at u1") != isRehearsal)
    }

    @Test("of a pipe fails at once, and so does one whose users_file is a pipe", arguments: [true, false])
    func pipe(isUsersFile: Bool) async throws {
        let stage = try Stage(Self.text(1))
        let pipe = isUsersFile ? stage.directory.path + "/users.toml" : stage.path
        if isUsersFile {
            try stage.write(Self.text(2, "users_file = \"users.toml\"\n"))
        } else {
            try FileManager.default.removeItem(atPath: pipe)
        }
        #expect(mkfifo(pipe, 0o600) == 0)
        let reloader = stage.makeReloader()
        let bad = await #expect(throws: UnusableConfiguration.self) { try await reloader.reload(Self.order) }
        #expect(bad?.problems.last?.file == pipe && bad?.problems.last?.message == "the file is not a regular file")
        if !isUsersFile { try FileManager.default.removeItem(atPath: pipe) }
        try stage.write(Self.text(2))
        #expect(try await reloader.reload(Self.order).changed.count == 1)
    }

    @Test("changes nothing any more once the relay stops, and does not wait for a file")
    func stopping() async throws {
        let stage = try Stage(Self.text(1))
        let files = FileDesk()
        let progress = RelayProgress(whenStopping: { files.close() })
        let reloader = stage.makeReloader(files)
        try stage.write(Self.text(2))
        progress.enter(.ready)
        #expect(try await reloader.reload(Self.order).changed.count == 1)
        progress.enter(.stopping)
        let late = await #expect(throws: AdminError.self) { try await reloader.reload(Self.order) }
        #expect(late?.code == .unavailable)
    }

    @Test("of a bad file, or of one whose listener cannot be opened, changes nothing")
    func bad() async throws {
        let stage = try Stage(Self.text(1))
        let reloader = stage.makeReloader()
        try stage.write(Self.text(2, "thread = 7\n"))
        let bad = await #expect(throws: UnusableConfiguration.self) { try await reloader.reload(Self.order) }
        #expect(bad?.problems.map(\.key) == ["thread"] && bad?.problems.first?.line == 2)
        #expect(stage.relay.steps.isEmpty)
        try stage.write(Self.text(2))
        stage.relay.state.withLock { $0.failure = IngressError(.addressInUse, "listener 127.0.0.1:25: taken") }
        let taken = await #expect(throws: UnusableConfiguration.self) { try await reloader.reload(Self.order) }
        #expect(taken?.problems.map(\.key) == ["listener.address"] && taken?.problems.first?.line == nil)
        #expect(stage.relay.steps == ["prepare"] && stage.relay.live.configuration.delivery.upstreams.count == 1)
        #expect(stage.records.withLock { $0.isEmpty } && stage.logged().contains("reload_failed"))
    }

    @Test("that cannot be recorded gives up what it has opened")
    func unrecorded() async throws {
        let stage = try Stage(Self.text(1))
        stage.refuses.withLock { $0 = true }
        try stage.write(Self.text(2))
        await #expect(throws: Refusal.self) { try await stage.makeReloader().reload(Self.order) }
        #expect(stage.relay.steps == ["prepare", "discard"])
        #expect(stage.logged().contains("reload_failed"))
    }

    @Test("waits for the one before it, and compares with what came of that")
    func oneAtATime() async throws {
        let stage = try Stage(Self.text(1))
        let reloader = stage.makeReloader()
        stage.relay.state.withLock { $0.held = [] }
        try stage.write(Self.text(2))
        async let first = reloader.reload(Self.order)
        while stage.relay.steps.last != "commit" { await Task.yield() }
        async let second = reloader.reload(Self.order)
        async let third = reloader.reload(Self.order)
        await Task.yield()
        #expect(stage.relay.steps == ["prepare", "commit"])
        let held = stage.relay.state.withLock { state in
            defer { state.held = nil }
            return state.held ?? []
        }
        for continuation in held { continuation.resume() }
        let counts = try await [first.changed.count, second.changed.count, third.changed.count]
        #expect(counts == [1, 0, 0])
        #expect(stage.relay.steps.filter { $0 == "committed 2" }.count == 3)
    }

    @Test("takes up another users_file, which is watched from then on")
    func usersFile() async throws {
        let stage = try Stage(Self.text(1))
        let users = stage.directory.path + "/users.toml"
        let hash = "$scrypt$ln=14,r=8,p=5$\(String(repeating: "A", count: 22))$\(String(repeating: "A", count: 43))"
        func user(_ name: String) -> String { "[[user]]\nname = \"\(name)\"\npassword_hash = \"\(hash)\"\n" }
        try user("app").write(toFile: users, atomically: true, encoding: .utf8)
        try stage.write(Self.text(1, "users_file = \"\(users)\"\n"))
        let reloader = stage.makeReloader()
        let changed = try await reloader.reload(Self.order).changed.map(\.subject)
        #expect(changed == ["users_file", "user app: added"])
        try user("web").write(toFile: users, atomically: true, encoding: .utf8)
        await reloader.refresh()
        #expect(stage.relay.steps.last == "users web")
        #expect(try await reloader.reload(Self.order).changed.isEmpty)
    }
}

@Suite("Reading while the relay stops")
struct FileDeskTests {
    @Test("a file that does not come is not waited for")
    func stuck() async throws {
        let desk = FileDesk()
        let (started, released) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        defer { released.signal() }
        let stuck = Task {
            try await desk.read {
                started.signal()
                released.wait()
            }
        }
        await Self.wait(for: started)
        desk.close()
        let error = await #expect(throws: AdminError.self) { try await stuck.value }
        #expect(error?.code == .unavailable)
        await #expect(throws: AdminError.self) { try await desk.read { Issue.record("it was read") } }
    }

    /// On a thread that may wait.
    private static func wait(for semaphore: DispatchSemaphore) async {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                semaphore.wait()
                continuation.resume()
            }
        }
    }
}

@Suite("The warning of too few descriptors")
struct DescriptorWarningTests {
    private func configuration(_ more: String) throws -> RelayConfiguration {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/relay.conf"
        let text = "hostname = \"relay.test\"\n\(more)[[upstream]]\nname = \"u\"\naddress = \"u.test:25\"\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return try RelayConfiguration.load(path: path)
    }

    @Test("comes at the start, and after a reload only if that has changed what is needed")
    func once() throws {
        let wanted = try configuration("[limits]\ntotal_connections = 5000\n")
        let more = try configuration("[limits]\ntotal_connections = 6000\n")
        let few = try configuration("[limits]\ntotal_connections = 10\n")
        func isWarned(_ latest: RelayConfiguration, after former: RelayConfiguration?) -> Bool {
            let lines = Lines()
            let log = EventLog(output: lines)
            latest.warnIfShort(of: 1024, after: former, log)
            log.close()
            return lines.all.contains("descriptors_short")
        }
        #expect(isWarned(wanted, after: nil) && isWarned(more, after: wanted) && isWarned(wanted, after: few))
        #expect(!isWarned(wanted, after: wanted) && !isWarned(few, after: wanted) && !isWarned(few, after: nil))
    }
}

@Suite("A file that is watched")
struct FileWatcherTests {
    @Test("is read once it has changed and then stayed the same for one look")
    func stable() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/file"
        func stamp(_ text: String?) throws -> FileStamp? {
            if let text { try text.write(toFile: path, atomically: true, encoding: .utf8) }
            return FileStamp(of: path)
        }
        var watcher = FileWatcher(try stamp("a"))
        var answers = [watcher.hasChanged(try stamp(nil))]
        answers.append(watcher.hasChanged(try stamp("b")))
        let second = try stamp("cc")
        for stamp in [second, second, second, nil, nil, second, second] { answers.append(watcher.hasChanged(stamp)) }
        #expect(answers == [false, false, false, true, false, false, false, false, false])
    }
}
