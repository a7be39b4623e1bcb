internal import Mail
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Delivers what a sink has taken, once its reply is on its way.
final class SinkDelivery: Sendable {
    /// Of a message; what is behind is cut.
    static let contentLimit = 1 << 20
    /// Octets of messages that wait, because they are delayed or the next sink is not there.
    static let waitingLimit = 64 << 20

    private enum Target {
        case mailboxes(MailboxHost, SocketAddress)
        case courier(SinkCourier)
    }

    private let target: Target
    private let name: String
    private let loop: any EventLoop
    private let waiting = Mutex(0)

    /// Nil if the sink delivers nothing.
    ///
    /// - Throws: `SinkError` if it cannot listen for IMAP.
    static func start(_ settings: SinkSettings, _ group: MultiThreadedEventLoopGroup) async throws -> SinkDelivery? {
        switch settings.destination {
        case nil: return nil
        case .mailboxes(let host, let port, let passwordFile):
            let now = Timestamp(milliseconds: SinkCore.wallClock() / 1000)
            let mailboxes = MailboxHost(name: settings.name, passwordFile: passwordFile, now: now)
            let address = try await mailboxes.listen(host, port, group)
            return SinkDelivery(.mailboxes(mailboxes, address), settings.name, group.next())
        case .relay(let host, let port):
            let courier = SinkCourier(host: host, port: port, name: settings.name, loop: group.next())
            return SinkDelivery(.courier(courier), settings.name, group.next())
        }
    }

    private init(_ target: Target, _ name: String, _ loop: any EventLoop) {
        (self.target, self.name, self.loop) = (target, name, loop)
    }

    /// Where the mailboxes are read; nil if they are elsewhere.
    var address: SocketAddress? {
        if case .mailboxes(_, let address) = target { address } else { nil }
    }

    /// Does with a message what its fate says.
    func take(_ message: SinkMessage, _ kept: [UInt8], _ fate: MailFate) {
        guard fate.copies > 0 else { return }
        let content = kept.count > Self.contentLimit ? Array(kept.prefix(Self.contentLimit)) : kept
        let mail = DeliveredMail(message, content, by: name, isJunk: fate.isJunk)
        let size = mail.content.count
        let hasRoom = waiting.withLock { octets in
            guard octets + size <= Self.waitingLimit else { return false }
            octets += size
            return true
        }
        guard hasRoom else { return SinkJournal.complain("message \(message.number) is lost: too much mail waits") }
        let copies = fate.copies
        // Behind the reply, which is written at the end of this tick.
        loop.scheduleTask(in: TimeAmount(fate.delay ?? .zero)) {
            for copy in 1...copies { self.deliver(mail, isLast: copy == copies) }
        }
    }

    private func deliver(_ mail: DeliveredMail, isLast: Bool) {
        let size = mail.content.count
        let isDone: @Sendable () -> Void = { if isLast { self.waiting.withLock { $0 -= size } } }
        switch target {
        case .mailboxes(let mailboxes, _):
            let now = Timestamp(milliseconds: SinkCore.wallClock() / 1000)
            mailboxes.deliver(mail.inMailbox, to: mail.recipients, at: now)
            isDone()
        case .courier(let courier): courier.add(mail, isDone)
        }
    }

    func end() {
        switch target {
        case .mailboxes(let mailboxes, _): mailboxes.end()
        case .courier(let courier): courier.end()
        }
    }
}
