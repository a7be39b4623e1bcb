import Mail
import NIOCore
import NIOPosix
import Outbound
import Spool
import Synchronization
import TestKit
import Testing

@testable import Webhooks

/// The time since the start of the process, and as much more as a test wants.
private final class ShiftedClock: Sendable {
    private let shift = Mutex(Duration.zero)

    var now: Timestamp {
        let passed = Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000)
        return Timestamp(milliseconds: passed) + shift.withLock { $0 }
    }

    func advance(by time: Duration) { shift.withLock { $0 += time } }
}

/// Fails the first requests, and takes the others.
private final class LateReceiver: WebClient {
    private let count = Atomic(0)
    private let failures: Int

    init(failures: Int) { self.failures = failures }

    var requests: Int { count.load(ordering: .relaxed) }

    func send(_ request: WebRequest) async throws -> WebReply {
        let number = count.wrappingAdd(1, ordering: .relaxed).newValue
        return WebReply(status: number > failures ? 200 : 503)
    }
}

@Suite("Events that an operator sends again", .timeLimit(.minutes(1)))
struct ResendTests {
    private let webhook = WebhookSettings(name: "app", url: WebURL(scheme: .https, host: "app.example"))

    private func open(_ directory: TestKit.TemporaryDirectory, _ clock: ShiftedClock) throws -> SQLiteSpool {
        var settings = SpoolSettings()
        settings.path = directory.path + "/spool"
        settings.minFreeSpace = 0
        let book = WebhookBook([webhook]) { _, _ in ("default", "default") }
        return try SQLiteSpool.open(settings, clock: { clock.now }, outbox: book, events: { _ in })
    }

    private func addEvent(to spool: SQLiteSpool, _ clock: ShiftedClock) async {
        var recipient = Recipient(address: Address(unchecked: "b@example.net"))
        let message = SpooledMessage(
            id: spool.makeQueueID(at: clock.now), receivedAt: clock.now, sender: ReversePath(address: nil),
            body: .sevenBit, priority: .normal, messageID: "<1@x>", origin: "client", size: 1, recipients: [recipient])
        let new = NewMessage(message: message, header: ByteBuffer(), content: .whole(ByteBuffer(string: "x\r\n")))
        recipient.markDelivered()
        let settlement = Settlement(id: message.id, recipients: [recipient], cycles: 0, attempt: nil)
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let port = spool.openPort(arrivals: false) { completions in
                for case .settled in completions { done.resume() }
            }
            spool.submit([.accept(new, ticket: 1), .settle(settlement, ticket: 2)], from: port)
        }
    }

    private func count(_ spool: SQLiteSpool, isDead: Bool) async throws -> Int {
        try await spool.outbox(of: "app", isDead: isDead, limit: 9).count
    }

    @Test("They are tried for the whole of retry_for, however old they are")
    func old() async throws {
        let (directory, clock) = (try TestKit.TemporaryDirectory(), ShiftedClock())
        let (spool, receiver) = (try open(directory, clock), LateReceiver(failures: 2))
        await addEvent(to: spool, clock)
        clock.advance(by: webhook.retryFor * 2)
        var means = WebhookCourier.Means(
            outbox: spool, held: { [] }, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            makeClient: { _ in receiver }, steady: { clock.now }, wall: { clock.now }, report: { _, _ in })
        means.backoff = Backoff(first: .milliseconds(2), longest: .milliseconds(2))
        let courier = WebhookCourier([webhook], means)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await courier.run() }
            while try await count(spool, isDead: true) == 0 { await Task.yield() }
            #expect(receiver.requests == 1)
            let all = OutboxUpdate.revive(OutboxSelection(webhook: "app"))
            let revived = try await spool.change(outbox: [all], isUrgent: true)
            #expect(revived == 1)
            courier.restart("app")
            while try await count(spool, isDead: false) > 0 { await Task.yield() }
            #expect(receiver.requests == 3)
            courier.stop()
        }
        let dead = try await count(spool, isDead: true)
        #expect(dead == 0)
        await spool.close()
    }
}
