package import Spool
internal import Synchronization
internal import Upstreams

/// Makes the events of outcomes for the webhooks of relay.conf, as it is now.
///
/// Asked by the spool's writer thread with each outcome; replaced by a reload.
package final class WebhookBook: OutboxRecorder {
    /// Where a recipient belongs: its route and its stream.
    package typealias Places = @Sendable (Recipient, SpooledMessage) -> (route: String, stream: String)

    /// What others are told on the writer's thread; must not block.
    package struct Listener: Sendable {
        package var committed: @Sendable (Set<String>) -> Void
        package var discarded: @Sendable (_ count: Int, _ webhook: String) -> Void

        package init(
            committed: @escaping @Sendable (Set<String>) -> Void,
            discarded: @escaping @Sendable (_ count: Int, _ webhook: String) -> Void
        ) {
            self.committed = committed
            self.discarded = discarded
        }
    }

    private struct State {
        var webhooks: [WebhookSettings] {
            didSet { (events, patterns) = Self.derived(from: webhooks) }
        }
        /// What any of them asks for.
        private(set) var events: Set<WebhookEvent>
        /// Streams that a webhook hears of, by its name; none for all.
        private(set) var patterns: [String: [Glob]]
        var sums: [String: OutboxSum] = [:]
        var listener: Listener?

        init(_ webhooks: [WebhookSettings]) {
            self.webhooks = webhooks
            (events, patterns) = Self.derived(from: webhooks)
        }

        private static func derived(from webhooks: [WebhookSettings]) -> (Set<WebhookEvent>, [String: [Glob]]) {
            let choosy = webhooks.filter { !$0.streams.isEmpty }
            let patterns = choosy.map { ($0.name, $0.streams.map { Glob($0) }) }
            return (Set(webhooks.flatMap(\.events)), Dictionary(patterns) { first, _ in first })
        }

        func hears(_ webhook: WebhookSettings, of stream: String) -> Bool {
            patterns[webhook.name]?.contains { $0.matches(stream) } ?? true
        }
    }

    private let places: Places
    /// Of the system's clock before the steady one.
    private let lead: @Sendable () -> Duration
    private let isOn: Atomic<Bool>
    private let state: Mutex<State>

    package init(
        _ webhooks: [WebhookSettings], lead: @escaping @Sendable () -> Duration = { .zero }, places: @escaping Places
    ) {
        self.places = places
        self.lead = lead
        isOn = Atomic(!webhooks.isEmpty)
        state = Mutex(State(webhooks))
    }

    /// Outcomes are told to these webhooks from now on.
    package func replace(with webhooks: [WebhookSettings]) {
        state.withLock { $0.webhooks = webhooks }
        isOn.store(!webhooks.isEmpty, ordering: .relaxed)
    }

    /// Tells this listener from now on.
    package func listen(_ listener: Listener) {
        state.withLock { $0.listener = listener }
    }

    package var webhooks: [WebhookSettings] { state.withLock { $0.webhooks } }
    /// What the outbox holds, also for webhooks that relay.conf no longer names.
    package var sums: [String: OutboxSum] { state.withLock { $0.sums } }

    // MARK: - OutboxRecorder

    package var isRecording: Bool { isOn.load(ordering: .relaxed) }

    package func asks(for settlement: Settlement) -> Bool {
        let events = OutcomeEvents.possible(of: settlement)
        return state.withLock { !$0.events.isDisjoint(with: events) }
    }

    package func asks(about user: String?) -> Bool {
        state.withLock { $0.webhooks.contains { $0.hears(of: user) } }
    }

    package func drafts(of cause: OutboxCause) -> [OutboxDraft] {
        let webhooks = webhooks.filter { $0.hears(of: cause.message.user) }
        guard !webhooks.isEmpty else { return [] }
        return OutcomeEvents.events(of: cause).flatMap { index, event in
            let webhooks = webhooks.filter { $0.events.contains(event) }
            return webhooks.isEmpty ? [] : drafts(event, of: index, in: cause, to: webhooks)
        }
    }

    private func drafts(
        _ event: WebhookEvent, of index: Int, in cause: OutboxCause, to webhooks: [WebhookSettings]
    ) -> [OutboxDraft] {
        let place = places(cause.recipients[index], cause.message)
        let names = state.withLock { state in
            webhooks.filter { state.hears($0, of: place.stream) }.map(\.name)
        }
        guard !names.isEmpty else { return [] }
        let payload = WebhookPayload.make(event, of: index, in: cause, at: place, lead: lead())
        return names.map { OutboxDraft(webhook: $0, payload: payload) }
    }

    package func limits(of webhook: String) -> OutboxLimits? {
        webhooks.first { $0.name == webhook }.map { OutboxLimits(events: $0.maxEvents, octets: $0.maxOctets) }
    }

    package func holds(_ sums: [String: OutboxSum]) {
        state.withLock { $0.sums = sums }
    }

    package func committed(to webhooks: Set<String>) {
        state.withLock { $0.listener }?.committed(webhooks)
    }

    package func discarded(_ count: Int, of webhook: String) {
        state.withLock { $0.listener }?.discarded(count, webhook)
    }
}

extension WebhookSettings {
    /// - Parameter user: who submitted the mail; nil without a login.
    func hears(of user: String?) -> Bool {
        users.isEmpty || user.map(users.contains) ?? false
    }
}
