import Glibc
import History
import Mail
import NIOCore
import Spool
import Synchronization
import Upstreams

/// Fills a history with made-up entries, and times what is done with it.
///
/// `history-benchmark ENTRIES DIRECTORY`: the directory must not exist, and is left for a look.
@main
struct Main {
    static func main() async throws {
        let arguments = CommandLine.arguments
        guard arguments.count == 3, let entries = Int(arguments[1]), entries > 0 else {
            print("history-benchmark ENTRIES DIRECTORY")
            exit(64)
        }
        try await Run(entries: entries, path: arguments[2]).all()
    }
}

struct Run {
    let entries: Int
    let path: String
    private let clock = SharedClock()

    init(entries: Int, path: String) {
        self.entries = entries
        self.path = path
    }

    func all() async throws {
        record()
        try await pass()
        try await build()
        try await search()
        try await prune()
    }

    private var settings: HistorySettings {
        var settings = HistorySettings()
        settings.keep = .seconds(365 * 86_400)
        settings.maxOctets = .max
        return settings
    }

    private func store() -> HistoryStore {
        HistoryStore(settings, places: { _, message in ("default", message.user ?? "default") }, notice: { print($0) })
    }

    private func open(_ store: HistoryStore) throws -> (SQLiteSpool, HistoryService) {
        var settings = SpoolSettings()
        settings.path = path
        settings.minFreeSpace = 0
        let clock = clock
        let spool = try SQLiteSpool.open(settings, clock: { clock.now }, recorder: store, events: { _ in })
        return (spool, HistoryService(store, spool, path: path, now: { clock.now }))
    }

    // MARK: - Steps

    /// What the writer does for an entry, besides SQLite's part.
    private func record() {
        let recorder = HistoryRecorder(places: { _, message in ("default", message.user ?? "default") })
        let departures = (0..<1000).map { Sample.departure($0) }
        var bytes: [UInt8] = []
        let (rounds, begin) = (200, cpuTime())
        for _ in 0..<rounds {
            bytes.removeAll(keepingCapacity: true)
            for departure in departures { recorder.record(departure).encode(into: &bytes) }
        }
        let each = (cpuTime() - begin) / Double(rounds * departures.count)
        report("record an entry", "\(rounded(each * 1_000_000)) µs CPU, \(bytes.count / departures.count) octets")
    }

    /// Messages of 4 KiB through the spool in groups of 100, with and without a history.
    private func pass() async throws {
        var costs: [Double] = []
        for hasHistory in [false, true, false, true] {
            var settings = SpoolSettings()
            settings.path = "\(path)-\(costs.count)"
            settings.minFreeSpace = 0
            let (store, clock) = (store(), clock)
            let spool = try SQLiteSpool.open(
                settings, clock: { clock.now }, recorder: hasHistory ? store : nil, events: { _ in })
            let service = hasHistory ? HistoryService(store, spool, path: settings.path, now: { clock.now }) : nil
            let port = spool.openPort(arrivals: false) { _ in }
            let (begin, messages) = (cpuTime(), 200_000)
            for start in stride(from: 0, to: messages, by: 100) {
                let departures = (start..<start + 100).map { Sample.departure($0) }
                spool.submit(departures.map { .accept(Sample.new($0), ticket: 1) }, from: port)
                spool.submit(departures.map { .settle(Sample.settlement($0)) }, from: port)
                await withCheckedContinuation { continuation in spool.load([]) { _ in continuation.resume() } }
            }
            costs.append((cpuTime() - begin) / Double(messages) * 1_000_000)
            await service?.close()
            await spool.close()
        }
        let words = costs.map { "\(rounded($0))" }
        report(
            "pass the spool", "\(words[0]) and \(words[2]) µs CPU a message without, \(words[1]) and \(words[3]) with")
    }

    private func build() async throws {
        let (spool, service) = try open(store())
        await service.close()
        await spool.close()
        let directory = RunDirectory(in: path, SystemFileLayer())
        guard let hash = try directory.key() else { throw SpoolError(.missing, "there is no key") }
        var (made, octets, time, wall) = (0, 0, 0.0, 0.0)
        while made < entries {
            let count = min(65_536, entries - made)
            let batches = stride(from: 0, to: count, by: 100).map { start in
                var bytes: [UInt8] = []
                for number in start..<min(count, start + 100) { Sample.record(made + number).encode(into: &bytes) }
                return (bytes, min(count, start + 100) - start)
            }
            let (cpu, begin) = (cpuTime(), Monotonic.now)
            let file = directory.path + "/next.new"
            let writer = try RunWriter(path: file, first: made + 1, hash: hash, files: SystemFileLayer())
            for (bytes, number) in batches { try writer.add(bytes, count: number) }
            let header = try writer.finish()
            time += cpuTime() - cpu
            wall += Double(Monotonic.now - begin) / 1e9
            rename(file, "\(directory.path)/\(100_000_000_000 + made)-.run")
            octets += header.octets
            made += count
        }
        report(
            "build runs", "\(rounded(time * 1_000_000 / Double(entries))) µs CPU an entry, \(rounded(wall)) s in all")
        report("on disk", "\(octets / entries) octets an entry with its lists, \(octets >> 20) MiB in all")
    }

    private func search() async throws {
        let store = store()
        clock.now = Sample.time(entries)
        let (spool, service) = try open(store)
        let number = entries / 3
        let questions: [(String, (inout HistoryFilter) -> Void)] = [
            ("a recipient", { $0.recipient = HistoryText("recipient-\(number % 1_000_003)@example.net") }),
            ("a sender", { $0.sender = HistoryText("sender-\(number % 5003)@example.org") }),
            ("a Message-ID", { $0.messageID = HistoryText("\(number).0123456789@mail.example.org") }),
            ("a queue ID", { $0.queueID = Sample.record(number).queueID }),
            ("a user", { $0.user = HistoryText("user-17") }),
            ("an address that is not there", { $0.recipient = HistoryText("nobody@example.net") }),
        ]
        for (name, change) in questions {
            var filter = HistoryFilter()
            change(&filter)
            for kind in ["cold", "warm"] {
                if kind == "cold" { forgetFiles(store) }
                let begin = Monotonic.now
                let found = try await first(200, filter, service)
                report("search \(name), \(kind)", "\(rounded(Double(Monotonic.now - begin) / 1e6)) ms, \(found) found")
            }
        }
        var filter = HistoryFilter()
        filter.recipient = HistoryText("*-77777@*")
        let begin = Monotonic.now
        let found = try await first(.max, filter, service)
        report("search a pattern in all", "\(rounded(Double(Monotonic.now - begin) / 1e9)) s, \(found) found")
        let started = Monotonic.now
        var (statistics, next) = (HistoryStatistics(), Int?.none)
        repeat {
            let part = try await service.add(HistoryFilter(), before: next, to: statistics)
            statistics = part.statistics
            next = part.next?.number
        } while next != nil
        report("figures of all", "\(rounded(Double(Monotonic.now - started) / 1e9)) s")
        await service.close()
        await spool.close()
    }

    private func first(_ limit: Int, _ filter: HistoryFilter, _ service: HistoryService) async throws -> Int {
        var (found, next) = (0, Int?.none)
        repeat {
            let page = try await service.page(filter, before: next, limit: limit)
            found += page.records.count
            next = page.next
        } while next != nil && found < limit
        return found
    }

    private func prune() async throws {
        let store = store()
        clock.now = Sample.time(entries)
        let (spool, service) = try open(store)
        let count = store.runs.count
        try await Task.sleep(for: .seconds(1.5))
        // As time goes on, and not as a clock is set: nothing is removed for an hour after that.
        await service.close()
        clock.now = Sample.time(entries) + .seconds(366 * 86_400)
        let begin = Monotonic.now
        let again = HistoryService(store, spool, path: path, now: { [clock] in clock.now })
        while !store.runs.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
        let time = Double(Monotonic.now - begin) / 1e6
        report("prune", "\(count) runs in \(rounded(time)) ms, of which up to 1000 wait for the look")
        await again.close()
        await spool.close()
    }

    /// Has the system read the runs from the disk again.
    private func forgetFiles(_ store: HistoryStore) {
        for run in store.runs {
            let descriptor = Glibc.open(run.path, O_RDONLY)
            guard descriptor >= 0 else { continue }
            posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED)
            close(descriptor)
        }
    }

    private func report(_ what: String, _ figures: String) {
        print("\(what): \(figures)")
        fflush(nil)
    }
}

final class SharedClock: Sendable {
    private let time = Mutex(Sample.time(0))
    var now: Timestamp {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

/// Made-up mail: a million recipients, five thousand senders, fifty users.
enum Sample {
    static func time(_ number: Int) -> Timestamp {
        Timestamp(milliseconds: 1_800_000_000_000 + Int64(number) * 10)
    }

    static func record(_ number: Int) -> HistoryRecord {
        let received = time(number)
        return HistoryRecord(
            queueID: id(number), receivedAt: received, finishedAt: received + .milliseconds(120), size: 4096,
            sender: "sender-\(number % 5003)@example.org", messageID: "<\(number).0123456789@mail.example.org>",
            user: "user-\(number % 50)",
            recipients: [
                HistoryRecord.Recipient(
                    address: "recipient-\(number % 1_000_003)@example.net", outcome: .delivered, upstream: "primary",
                    route: "default", stream: "user-\(number % 50)", reply: "250 2.0.0 Ok: queued as \(number)",
                    attempts: 1, firstAttemptAt: received + .milliseconds(3),
                    finishedAt: received + .milliseconds(Int64(number % 5000)))
            ])
    }

    static func departure(_ number: Int) -> Departure {
        let received = time(number)
        var recipient = Recipient(address: Address(unchecked: "recipient-\(number)@example.net"))
        recipient.recordAttempt(by: "primary", "250 2.0.0 Ok: queued as \(number)")
        recipient.markDelivered()
        let message = SpooledMessage(
            id: id(number), receivedAt: received,
            sender: ReversePath(address: Address(unchecked: "sender-\(number % 5003)@example.org")), body: .sevenBit,
            priority: .normal, messageID: "<\(number).0123456789@mail.example.org>", origin: "client [192.0.2.1]",
            user: "user-\(number % 50)", size: 4096, recipients: [recipient])
        let attempt = AttemptRecord(
            upstream: "primary", startedAt: received, endedAt: received + .milliseconds(120), recipients: [0],
            outcome: .delivered, phase: "dot", reply: "250 2.0.0 Ok")
        return Departure(message: message, attempts: [attempt], at: received + .milliseconds(120))
    }

    private static let body = ByteBuffer(repeating: UInt8(ascii: "x"), count: 4096)

    static func new(_ departure: Departure) -> NewMessage {
        var message = departure.message
        for index in message.recipients.indices {
            message.recipients[index] = Recipient(address: message.recipients[index].address)
        }
        return NewMessage(message: message, header: ByteBuffer(string: "Received: here\r\n"), content: .whole(body))
    }

    static func settlement(_ departure: Departure) -> Settlement {
        var settlement = Settlement(
            id: departure.message.id, recipients: departure.message.recipients, cycles: 0,
            attempt: departure.attempts[0])
        settlement.last = LastState(departure.message, departure.attempts)
        return settlement
    }

    private static func id(_ number: Int) -> QueueID { QueueID(rawValue: time(number).milliseconds * 1000 << 8) }
}

/// Seconds of this process.
func cpuTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }
