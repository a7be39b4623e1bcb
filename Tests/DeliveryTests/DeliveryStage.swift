import Dialogue
import Mail
import NIOCore
import NIOEmbedded
import Notices
import OAuth
import SMTP
import Spool
import Suppression
import Synchronization
import TestKit
import Upstreams

@testable import Delivery

/// A whole delivery on an embedded loop: virtual time, an in-memory spool, scripted servers.
final class DeliveryStage {
    final class Events: Sendable {
        private let list = Mutex<[DeliveryEvent]>([])

        func add(_ event: DeliveryEvent) {
            list.withLock { $0.append(event) }
        }

        var all: [DeliveryEvent] { list.withLock { $0 } }
    }

    final class Bounces: Sendable {
        private let list = Mutex<[Bounce]>([])

        func add(_ bounce: Bounce) { list.withLock { $0.append(bounce) } }

        /// `hard a@x`.
        var words: [String] { list.withLock { $0.map { "\($0.kind) \($0.address)" } } }
    }

    final class Probes: Sendable {
        private let list = Mutex<[ProbeNews]>([])

        func add(_ news: ProbeNews) { list.withLock { $0.append(news) } }

        /// `took 7 first`.
        var words: [String] {
            list.withLock { $0 }.map { news in
                switch news {
                case .handedOver(let mark): "handed over \(mark.number)"
                case .took(let mark, let upstream): "took \(mark.number) \(upstream)"
                case .failed(let mark, let upstream, let reply): "failed \(mark.number) \(upstream ?? "-"): \(reply)"
                case .dropped(let mark): "dropped \(mark.number)"
                }
            }
        }
    }

    /// What is kept of streams for the next start.
    final class KeptStreams: Sendable {
        private let memory = Mutex(StreamMemory())

        var value: StreamMemory { memory.withLock { $0 } }

        func keep(_ memory: StreamMemory) { self.memory.withLock { $0 = memory } }
    }

    final class Lead: Sendable {
        private let duration = Mutex(Duration.zero)

        var value: Duration { duration.withLock { $0 } }

        func add(_ step: Duration) { duration.withLock { $0 += step } }
    }

    let eventLoop = EmbeddedEventLoop()
    let spool: FaultySpool
    let first = ScriptedUpstream()
    let second = ScriptedUpstream()
    let third = ScriptedUpstream()
    let connector: ScriptedConnector
    let events = Events()
    let suppressions = SuppressionIndex()
    let bounces = Bounces()
    let probes = Probes()
    let keptStreams = KeptStreams()
    let dispatcher: Dispatcher
    /// How far the system's clock is ahead of the steady one.
    let lead: Lead
    private let ingress: SpoolPort
    private var tickets: UInt64 = 0

    static let epoch = Timestamp(milliseconds: 1_800_000_000_000)

    init(
        upstreams count: Int = 2, quotas: QuotaKeeping = .none, tokens: any TokenSource = NoTokenSource(),
        guardian: DeliveryGuard = .none,
        traces: TraceHub = .unused,
        meters: DeliveryMeters = .unused, recordsAttemptsAtDots: Bool = false,
        configure: (inout DeliverySettings) -> Void = { _ in }
    ) {
        var settings = DeliverySettings()
        settings.hostname = "relay.test"
        settings.retry.jitter = 0
        settings.health.interval = .zero
        settings.notices.deliver = .none
        settings.upstreams = ["first", "second", "third"].prefix(count).map { name in
            var upstream = UpstreamSettings(name: name, host: name, port: 25)
            upstream.tls = .off
            upstream.maxConnections = 20
            return upstream
        }
        configure(&settings)
        let spool = FaultySpool(recordsAttemptsAtDots: recordsAttemptsAtDots)
        let (eventLoop, events, bounces, probes) = (eventLoop, events, bounces, probes)
        let keptStreams = keptStreams
        let exempt = settings.routes.filter { !$0.suppression }.map(\.name)
        let gate = SuppressionGate(suppressions, action: settings.suppression.action, exempt: Set(exempt))
        let lead = Lead()
        self.lead = lead
        let clock = NIOLoopBound(eventLoop, eventLoop: eventLoop)
        self.spool = spool
        connector = ScriptedConnector(["first": first, "second": second, "third": third], eventLoop)
        let dispatcher = Dispatcher(
            settings: settings, spool: spool, eventLoop: eventLoop, connector: connector,
            work: InlineWork(), tokens: tokens, quotas: quotas, saveStreams: { keptStreams.keep($0) },
            lead: { lead.value }, suppression: DeliverySuppression(gate) { bounces.add($0) }, guardian: guardian,
            traces: traces, meters: meters,
            now: { DeliveryStage.epoch + .nanoseconds(Int64(clock.value.now.uptimeNanoseconds)) },
            probes: { probes.add($0) }, report: { events.add($0) })
        self.dispatcher = dispatcher
        dispatcher.open()
        ingress = spool.openPort(arrivals: false) { _ in }
    }

    var now: Timestamp { dispatcher.clock.now() }

    /// A message arrives and is committed.
    @discardableResult
    func accept(
        to recipients: [String] = ["a@x"], content: String = "Subject: t\r\n\r\nbody\r\n", body: BodyType = .sevenBit,
        contained: BodyType? = nil, size: Int? = nil, from sender: String = "s@x", options: MessageOptions = .none,
        recipientOptions: RecipientOptions = .none, user: String? = nil, routing: RoutingFacts = .none,
        at receivedAt: Timestamp? = nil, heldFor wait: Duration? = nil, priority: Priority = .normal,
        notice: NoticeKind? = nil
    ) -> QueueID {
        let id = spool.makeQueueID(at: now)
        tickets += 1
        var message = SpooledMessage(
            id: id, receivedAt: receivedAt ?? now, sender: ReversePath(address: Address(unchecked: sender)), body: body,
            contained: contained, priority: priority, messageID: "<m@x>", origin: "test", user: user, options: options,
            routing: routing,
            size: size ?? content.utf8.count,
            recipients: recipients.map { Recipient(address: Address(unchecked: $0), options: recipientOptions) })
        message.notice = notice
        if let wait { message.schedule(for: now + wait) }
        spool.submit(
            [
                .accept(
                    NewMessage(
                        message: message, header: ByteBuffer(string: "X-Posthorse-ID: \(id)\r\n"),
                        content: .whole(ByteBuffer(string: content))), ticket: tickets)
            ], from: ingress)
        return id
    }

    /// Nothing more goes to these.
    func suppress(_ patterns: String..., route: String? = nil) throws {
        for text in patterns {
            suppressions.set(
                SuppressionEntry(
                    SuppressionKey(try SuppressionPattern(text), route: route), reason: "test", source: .operator,
                    addedBy: "uid:0", addedAt: now))
        }
    }

    /// The recipients of a message in the spool, or as it left with a failure; empty if everybody has it.
    func recipients(of id: QueueID) -> [Recipient] {
        spool.messages.first { $0.id == id }?.recipients ?? spool.lastRecipients(of: id) ?? []
    }

    /// Somebody sets the system's clock, and the relay notices.
    func step(by step: Duration) {
        lead.add(step)
        dispatcher.clockStepped(by: step)
    }

    /// Runs until nothing moves without time passing.
    func settle() throws {
        repeat { eventLoop.run() } while try connector.turn()
    }

    /// Advances time in small steps.
    func advance(_ duration: Duration) throws {
        try settle()
        let step = Duration.milliseconds(10)
        var left = duration
        while left > .zero {
            let part = min(step, left)
            eventLoop.advanceTime(by: .nanoseconds(part.wholeMilliseconds * 1_000_000))
            try settle()
            left -= part
        }
    }

    /// Advances time by a lot, from one scheduled event of the delivery to the next.
    func leap(_ duration: Duration) throws {
        try settle()
        let end = dispatcher.clock.instant + duration
        while dispatcher.clock.instant < end {
            let next = min(dispatcher.timer.firesAt ?? end, end)
            eventLoop.advanceTime(by: .nanoseconds(max(1, next.nanoseconds - dispatcher.clock.instant.nanoseconds)))
            try settle()
        }
    }

    /// The event names, without details.
    var words: [String] { events.all.map(Self.word) }

    private static func word(_ event: DeliveryEvent) -> String {
        switch event {
        case .delivered(_, _, let upstream, _, _, _, _, _): "delivered \(upstream)"
        case .deferred(_, _, let upstream, _, _, let next, _, _): "deferred \(upstream ?? "") -> \(next ?? "later")"
        case .failed(_, _, let upstream, _, _, _, _): "failed \(upstream ?? "-")"
        case .suppressed(_, let recipient, _, let action): "suppressed \(recipient) \(action.rawValue)"
        case .notice(_, _, let kind, let addressee, _): "notice \(kind) \(addressee)"
        case .secondOpinion(_, _, let upstream, let judge, let isConfirmed, _):
            "\(isConfirmed ? "confirmed" : "refuted") \(upstream) by \(judge)"
        case .inDoubt(_, _, let upstream, _, _, _): "in doubt \(upstream)"
        case .tlsFailed(let upstream, _): "tls failed \(upstream)"
        case .circuit(let upstream, _, let to, _, _, _): "circuit \(upstream) \(to)"
        case .slowedDown(let upstream, _, _): "slowed down \(upstream)"
        case .paceLowered(_, let domain, _, _): "pace lowered \(domain)"
        case .paceRestored(_, let domain, _): "pace restored \(domain)"
        case .habit(let upstream, let habit, _):
            "habit \(upstream) \(habit.name) \(habit.limit.map { "\($0)" } ?? "any")"
        case .probe(let upstream, let result): "probe \(upstream) \(result.failedPhase ?? "ok")"
        case .connectingPaused(let upstream, _): "connecting paused \(upstream)"
        case .connectingResumed(let upstream): "connecting resumed \(upstream)"
        case .tokenRenewed(let upstream, _): "token renewed \(upstream)"
        case .tokenFailed(let upstream, _, _): "token failed \(upstream)"
        case .addressFailed(let upstream, let address, _): "address failed \(upstream) \(address)"
        case .addressRecovered(let upstream, let address): "address recovered \(upstream) \(address)"
        case .upstreamControl(let upstream, let action, _, _, _): "control \(upstream) \(action)"
        case .quota(let upstream, .near(let quota)): "quota near \(upstream) \(quota.quota.text)"
        case .quota(let upstream, .spent(let quota)): "quota spent \(upstream) \(quota.quota.text)"
        case .quotaCorrected(let upstream, let quota, let who, _):
            "quota corrected \(upstream) \(quota.quota.text) by \(who)"
        case .quotasUnwritable: "quotas unwritable"
        case .resolved(_, _, let resolution): "resolved \(resolution)"
        case .stream(let name, let event): "stream \(name) \(Self.word(event))"
        case .clockStepped(let step): "clock stepped by \(step.wholeMilliseconds) ms"
        case .paused: "paused"
        case .ofProbe(let trip, let event): "probe of \(trip): \(word(event))"
        case .resumed: "resumed"
        }
    }

    private static func word(_ event: StreamEvent) -> String {
        switch event {
        case .paused(let pause): "paused by \(pause.author.rawValue)"
        case .resumed: "resumed"
        case .canaryStepped(let percent): "at \(percent) %"
        case .canaryPassed: "passed"
        }
    }
}

/// Slow work, done at once.
struct InlineWork: SlowWork {
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        done(work())
    }
}

/// Something a test expected but did not find.
struct StageError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}
