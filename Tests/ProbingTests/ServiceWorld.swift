import Delivery
import Mail
import NIOCore
import NIOEmbedded
import Probing
import RoundTrips
import Synchronization
import TestKit

/// A service with a clock of its own, upstreams that take every probe at once, and a mailbox that gets it two seconds later.
final class ServiceWorld {
    private struct Heard: Sendable {
        var news: [TripNews] = []
        var blamed: [String] = []
        var acquitted: [String] = []
    }

    struct SpoolIsFull: Error, CustomStringConvertible {
        let description = "the spool is full"
    }

    /// What the closures of the service reach, from any thread.
    private final class Shared: Sendable {
        let heard = Mutex(Heard())
        let time = Mutex(Timestamp(milliseconds: 1_000_000))
        let isFull = Mutex(false)
        let lookers = Mutex<[FakeLooker]>([])

        var moment: TripMoment {
            let now = time.withLock { $0 }
            return TripMoment(wall: now.advanced(byMilliseconds: 1_700_000_000_000), steady: now)
        }
    }

    static let mailbox = "m@example.net"

    let directory: TemporaryDirectory
    private let loop = NIOAsyncTestingEventLoop()
    private let shared = Shared()
    private let sends: AsyncStream<(ProbeMessage, ProbeMark)>
    private let sender: AsyncStream<(ProbeMessage, ProbeMark)>.Continuation
    private(set) var service: RoundTripService
    private var received = 0
    private var mail: [(at: Timestamp, message: ProbeMessage, number: UInt64)] = []
    private(set) var messages: [ProbeMessage] = []
    private(set) var marks: [ProbeMark] = []
    /// Of the service, whether what was found is its own.
    private(set) var answers: [Bool] = []
    /// Upstreams that lose what they take.
    var lossy: Set<String> = []
    var isFull: Bool {
        get { shared.isFull.withLock { $0 } }
        set { shared.isFull.withLock { $0 = newValue } }
    }

    init(isConfigured: Bool = true) async throws {
        directory = try TemporaryDirectory()
        (sends, sender) = AsyncStream.makeStream()
        service = try await Self.service(loop, shared, sender, directory)
        if isConfigured { await configure() } else { await service.replace([], upstreams: ["a", "b"]) }
    }

    private static func service(
        _ loop: NIOAsyncTestingEventLoop, _ shared: Shared,
        _ sender: AsyncStream<(ProbeMessage, ProbeMark)>.Continuation, _ directory: TemporaryDirectory
    ) async throws -> RoundTripService {
        let report: @Sendable (TripNews) -> Void = { news in shared.heard.withLock { $0.news.append(news) } }
        let means = RoundTripMeans(
            key: ProbeKeyFile.key(in: directory.path, report: report),
            store: RoundTripStore(directory: directory.path, report: report), hostname: { "relay.example.com" },
            now: { shared.moment },
            send: { message, mark in
                sender.yield((message, mark))
                if shared.isFull.withLock({ $0 }) { throw SpoolIsFull() }
                return QueueID(rawValue: Int64(mark.number))
            },
            withdraw: { _ in }, blame: { blame in shared.heard.withLock { $0.blamed.append(blame.upstream) } },
            acquit: { upstream, _ in shared.heard.withLock { $0.acquitted.append(upstream) } },
            makeLooker: { _, _, owner in
                let looker = FakeLooker(owner)
                shared.lookers.withLock { $0.append(looker) }
                return looker
            }, report: report)
        return try await RoundTripService.start(loop, means)
    }

    private func configure() async {
        let settings = TripSettings(
            every: .seconds(10), lateAfter: .seconds(20), missingAfter: .seconds(30), action: .open)
        let trip = RoundTripSettings(
            name: "t", sender: Address(unchecked: "probes@example.com"), recipient: Address(unchecked: Self.mailbox),
            trip: settings,
            mailbox: MailboxAccount(host: "imap.example.net", port: 993, username: "m"))
        await service.replace([trip], upstreams: ["a", "b"])
    }

    func restart() async throws {
        await service.stop()
        service = try await Self.service(loop, shared, sender, directory)
        await configure()
    }

    var moment: TripMoment { shared.moment }
    var looker: FakeLooker { shared.lookers.withLock { $0[$0.count - 1] } }
    var blamed: [String] { shared.heard.withLock { $0.blamed } }
    var acquitted: [String] { shared.heard.withLock { $0.acquitted } }
    var notSent: [String] {
        shared.heard.withLock { heard in
            heard.news.compactMap { if case .notSent(_, _, let reason, _) = $0 { reason } else { nil } }
        }
    }
    var unreadable: [String] {
        shared.heard.withLock { heard in
            heard.news.compactMap { if case .unreadable(let path, _, _) = $0 { path } else { nil } }
        }
    }
    private var sent: Int {
        shared.heard.withLock { heard in
            heard.news.count { if case .fact(let fact) = $0 { fact.kind == .sent } else { false } }
        }
    }

    func states() async -> [String: TripVerdict?] {
        let pairs = await service.listings().map { ($0.standing.path.upstream ?? "", $0.standing.verdict) }
        return Dictionary(uniqueKeysWithValues: pairs)
    }

    func run(seconds: Int) async throws {
        for _ in 0..<seconds {
            shared.time.withLock { $0 = $0 + .seconds(1) }
            await loop.advanceTime(by: .seconds(1))
            await take()
            try await deliver()
        }
    }

    /// The upstreams take what was sent.
    private func take() async {
        var iterator = sends.makeAsyncIterator()
        while received < sent {
            guard let (message, mark) = await iterator.next() else { return }
            received += 1
            guard !isFull else { continue }
            messages.append(message)
            marks.append(mark)
            let upstream = mark.upstream ?? "a"
            service.heard(.handedOver(mark))
            service.heard(.took(mark, upstream: upstream))
            if !lossy.contains(upstream) { mail.append((moment.steady + .seconds(2), message, mark.number)) }
        }
    }

    private func deliver() async throws {
        let now = moment
        let arrived = mail.filter { $0.at <= now.steady }
        mail.removeAll { $0.at <= now.steady }
        guard !shared.lookers.withLock(\.isEmpty) else { return }
        let looker = looker
        let found = arrived.map { mail in
            FoundMessage(
                header: mail.message.octets, folder: .inbox, place: "INBOX;1;\(mail.number)",
                internalDate: now.wall)
        }
        answers += try await loop.submit { looker.see(found, at: now.steady) }.get()
    }
}

/// A mailbox that is looked into as soon as that is asked for.
final class FakeLooker: MailboxLooker {
    private struct State {
        var isAsked = false
        var isStopped = false
        var expectations: [Bool] = []
    }

    private let owner: MailboxOwner
    private let state = Mutex(State())

    init(_ owner: MailboxOwner) {
        self.owner = owner
    }

    var isStopped: Bool { state.withLock(\.isStopped) }
    var expectations: [Bool] { state.withLock(\.expectations) }

    func start() { look() }
    func look() { state.withLock { $0.isAsked = true } }
    func expect(_ isExpecting: Bool) { state.withLock { $0.expectations.append(isExpecting) } }
    func replace(_ account: MailboxAccount) {}
    func stop() async { state.withLock { $0.isStopped = true } }

    /// On the loop.
    func see(_ messages: [FoundMessage], at now: Timestamp) -> [Bool] {
        guard !isStopped else { return [] }
        let answers = messages.map(owner.found)
        let isAsked = state.withLock { state in
            defer { state.isAsked = false }
            return state.isAsked
        }
        if isAsked { owner.looked(now) }
        return answers
    }
}
