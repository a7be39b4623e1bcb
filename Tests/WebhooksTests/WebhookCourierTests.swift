import Mail
import NIOCore
import NIOPosix
import Outbound
import Spool
import Synchronization
import Testing

@testable import Webhooks

/// An outbox in memory.
private final class MemoryOutbox: OutboxStore {
    private let state = Mutex<(entries: [Int: OutboxEntry], expired: [Int])>(([:], []))

    init(_ entries: [OutboxEntry]) {
        state.withLock { $0.entries = Dictionary(uniqueKeysWithValues: entries.map { ($0.number, $0) }) }
    }

    var numbers: [Int] { state.withLock { $0.entries.values.filter { !$0.isDead }.map(\.number).sorted() } }
    var dead: [Int] { state.withLock { $0.entries.values.filter(\.isDead).map(\.number).sorted() } }

    /// How many events each order has found to be too old.
    var expired: [Int] { state.withLock { $0.expired } }

    func add(_ entry: OutboxEntry) { state.withLock { $0.entries[entry.number] = entry } }

    func outbox(of webhook: String, after number: Int, isDead: Bool, limit: Int) async throws -> [OutboxEntry] {
        let all = state.withLock { Array($0.entries.values) }
        let own = all.filter { $0.webhook == webhook && $0.number > number && $0.isDead == isDead }
        return Array(own.sorted { $0.number < $1.number }.prefix(limit))
    }

    func outbox(
        of webhook: String, about message: QueueID, after number: Int, limit: Int
    ) async throws -> [OutboxEntry] {
        let own = state.withLock { $0.entries.values.filter { $0.webhook == webhook } }
        return OutboxPage(after: number, limit: limit, message: message).select(from: own)
    }

    func oldestInOutbox(of webhook: String) async throws -> Timestamp? {
        state.withLock { $0.entries.values.filter { $0.webhook == webhook }.map(\.at).min() }
    }

    func change(
        outbox updates: [OutboxUpdate], isUrgent: Bool, done: @escaping @Sendable (Result<Int, SpoolError>) -> Void
    ) {
        let count = state.withLock { state in
            var count = updates.count
            for update in updates {
                switch update {
                case .remove(let numbers): for number in numbers { state.entries[number] = nil }
                case .postpone(let number, let attempts, let until, let reason):
                    state.entries[number]?.attempts = attempts
                    state.entries[number]?.notBefore = until
                    state.entries[number]?.reason = reason
                case .bury(let number, _, _): state.entries[number]?.isDead = true
                case .expire(let webhook, let before, let limit):
                    let old = state.entries.values.filter { $0.webhook == webhook && $0.at < before }.prefix(limit)
                    for entry in old { state.entries[entry.number] = nil }
                    state.expired.append(old.count)
                    count = old.count
                case .revive, .drop: break
                }
            }
            return count
        }
        done(.success(count))
    }
}

/// A receiver in memory: the status for each request, by its number.
private final class MemoryReceiver: WebClient {
    private let state = Mutex<[String]>([])
    private let status: @Sendable (Int) -> Int

    init(_ status: @escaping @Sendable (Int) -> Int = { _ in 200 }) { self.status = status }

    var bodies: [String] { state.withLock { $0 } }

    func send(_ request: WebRequest) async throws -> WebReply {
        let count = state.withLock { bodies in
            bodies.append(String(decoding: request.body, as: UTF8.self))
            return bodies.count
        }
        return WebReply(status: status(count))
    }
}

@Suite("The courier", .timeLimit(.minutes(1)))
struct WebhookCourierTests {
    private static func webhook(_ name: String = "app") -> WebhookSettings {
        var webhook = WebhookSettings(name: name, url: WebURL(scheme: .https, host: "app.example"))
        webhook.attempts = 3
        return webhook
    }

    /// Time that has passed since the start of the process.
    private static func now() -> Timestamp {
        Timestamp(milliseconds: Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000))
    }

    private func courier(
        _ outbox: MemoryOutbox, _ receiver: any WebClient, webhooks: [WebhookSettings] = [webhook()],
        news: @escaping @Sendable (String, WebhookNews) -> Void = { _, _ in }
    ) -> WebhookCourier {
        var means = WebhookCourier.Means(
            outbox: outbox, held: { [] }, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            makeClient: { _ in receiver }, steady: Self.now, wall: Self.now, report: news)
        means.backoff = Backoff(first: .milliseconds(2), longest: .milliseconds(2))
        return WebhookCourier(webhooks, means)
    }

    private func entry(_ number: Int, of message: Int64 = 0) -> OutboxEntry {
        .sample(number, of: message, at: Self.now().milliseconds)
    }

    /// Runs the courier until `isDone`.
    private func run(_ courier: WebhookCourier, until isDone: @escaping @Sendable () -> Bool) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await courier.run() }
            while !isDone() { await Task.yield() }
            courier.stop()
        }
    }

    @Test("What is in the outbox at the start is sent, those of one message in order, and removed")
    func start() async {
        let outbox = MemoryOutbox((1...20).map { entry($0, of: 7) })
        let receiver = MemoryReceiver()
        await run(courier(outbox, receiver)) { outbox.numbers.isEmpty }
        #expect(receiver.bodies == (1...20).map { "{\"number\":\($0)}" })
    }

    @Test("What is added later is sent once the courier hears of it")
    func later() async {
        let (outbox, receiver) = (MemoryOutbox([]), MemoryReceiver())
        let courier = courier(outbox, receiver)
        outbox.add(entry(5))
        courier.wake(["app", "unknown"])
        await run(courier) { outbox.numbers.isEmpty }
        #expect(receiver.bodies == ["{\"number\":5}"])
    }

    @Test("After failures an event is sent again, and told of once")
    func retries() async {
        let outbox = MemoryOutbox([entry(1)])
        let receiver = MemoryReceiver { $0 < 3 ? 503 : 200 }
        let news = Mutex<[WebhookNews]>([])
        let courier = courier(outbox, receiver) { _, item in news.withLock { $0.append(item) } }
        await run(courier) { outbox.numbers.isEmpty }
        #expect(receiver.bodies.count == 3)
        let told = news.withLock { $0 }
        #expect(told.count { if case .failed = $0 { true } else { false } } == 1)
        #expect(told.suffix(2) == [.delivered, .recovered])
        #expect(courier.status["app"]?.failures == 0)
    }

    @Test("After its last attempt an event is dead")
    func dead() async {
        let outbox = MemoryOutbox([entry(1)])
        let receiver = MemoryReceiver { _ in 500 }
        await run(courier(outbox, receiver)) { outbox.dead == [1] }
        #expect(receiver.bodies.count == 3 && outbox.numbers.isEmpty)
    }

    @Test("A webhook that comes with a reload gets its events; one that goes, none")
    func reload() async {
        let outbox = MemoryOutbox([entry(1)])
        let receiver = MemoryReceiver()
        let courier = courier(outbox, receiver, webhooks: [Self.webhook("other")])
        courier.replace(with: [Self.webhook()])
        await run(courier) { outbox.numbers.isEmpty }
        #expect(Set(courier.status.keys) == ["app"])
    }

    @Test("Everything that is too old to keep goes in one sweep, a part at a time")
    func sweep() async {
        let outbox = MemoryOutbox((1...250).map { .sample($0) } + [.sample(251, at: 5 * 86_400_000)])
        let means = WebhookCourier.Means(
            outbox: outbox, held: { ["app", "gone"] }, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            makeClient: { _ in MemoryReceiver() }, steady: { Timestamp(milliseconds: 8 * 86_400_000) }, wall: Self.now,
            report: { _, _ in })
        var desk = CourierDesk(means, AsyncStream<CourierSignal>.makeStream().continuation)
        desk.handle(.sweep)
        for work in desk.work() { await work() }
        desk.end()
        #expect(outbox.numbers == [251] && outbox.expired == [100, 100, 50])
    }

    @Test("A client that cannot be made is a failure of each attempt, with the reason")
    func brokenClient() async {
        let outbox = MemoryOutbox([entry(1)])
        let news = Mutex<[WebhookNews]>([])
        var means = WebhookCourier.Means(
            outbox: outbox, held: { [] }, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            makeClient: { _ throws(WebError) in throw WebError(.tls, "no authorities") }, steady: Self.now,
            wall: Self.now, report: { _, item in news.withLock { $0.append(item) } })
        means.backoff = Backoff(first: .milliseconds(1), longest: .milliseconds(1))
        await run(WebhookCourier([Self.webhook()], means)) {
            news.withLock { $0.contains(.buried(1, reason: "no authorities")) }
        }
        #expect(outbox.dead == [1])
    }
}
