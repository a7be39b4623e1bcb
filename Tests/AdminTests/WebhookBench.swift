import Admin
import Mail
import NIOCore
import NIOPosix
import Outbound
import Spool
import TestKit

@testable import Webhooks

/// A spool with an outbox for the webhook `app`, whose receiver nobody has started.
final class WebhookBench: Sendable {
    let spool: SQLiteSpool
    let book: WebhookBook
    let desk: WebhookDesk
    private let directory: TestKit.TemporaryDirectory

    init() throws {
        directory = try TestKit.TemporaryDirectory(below: TestKit.TemporaryDirectory.memory)
        let url = WebURL(scheme: .https, host: "app.example", pathAndQuery: "/secret")
        book = WebhookBook([WebhookSettings(name: "app", url: url)]) { _, _ in ("default", "default") }
        var settings = SpoolSettings()
        settings.path = directory.path + "/spool"
        settings.minFreeSpace = 0
        spool = try SQLiteSpool.open(
            settings, clock: { RunningAdmin.now }, outbox: book, events: { _ in })
        let means = WebhookCourier.Means(
            outbox: spool, held: { [] }, eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            makeClient: { _ throws(WebError) in throw WebError(.connect, "nobody is there") },
            steady: { RunningAdmin.now }, wall: { RunningAdmin.now }, report: { _, _ in })
        desk = WebhookDesk(book, WebhookCourier(book.webhooks, means), spool, lead: { .zero })
    }

    /// Adds an event by the way of an outcome.
    ///
    /// - Returns: the number of the event.
    func addEvent(to address: String) async throws -> Int {
        let id = spool.makeQueueID(at: RunningAdmin.now)
        var recipient = Recipient(address: Address(unchecked: address))
        let message = SpooledMessage(
            id: id, receivedAt: RunningAdmin.now, sender: ReversePath(address: nil), body: .sevenBit, priority: .normal,
            messageID: "<1@x>", origin: "client", size: 1, recipients: [recipient])
        let new = NewMessage(message: message, header: ByteBuffer(), content: .whole(ByteBuffer(string: "x\r\n")))
        recipient.markDelivered()
        let settlement = Settlement(id: id, recipients: [recipient], cycles: 0, attempt: nil)
        await withCheckedContinuation { (done: CheckedContinuation<Void, Never>) in
            let port = spool.openPort(arrivals: false) { completions in
                for case .settled in completions { done.resume() }
            }
            spool.submit([.accept(new, ticket: 1), .settle(settlement, ticket: 2)], from: port)
        }
        return try await spool.outbox(of: "app", limit: 1000).last?.number ?? 0
    }

    /// Has the relay give an event up.
    func bury(_ number: Int) async throws {
        _ = try await spool.change(
            outbox: [.bury(number, attempts: 30, reason: "status 500: no")], isUrgent: true)
    }
}
