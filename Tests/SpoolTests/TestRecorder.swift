import Mail
import Synchronization

@testable import Spool

/// Makes an event for each recipient whose state changes, for each of some webhooks: `b@example.net queued delivered`.
final class TestRecorder: OutboxRecorder {
    private let state: Mutex<State>
    private let size: Int

    private struct State {
        var webhooks: [String]
        var limits = OutboxLimits(events: 1000, octets: 1 << 20)
        var sums: [String: OutboxSum] = [:]
        var committed: [Set<String>] = []
        var discards: [Int] = []
        var drafts = 0
        var wanted: Set<Recipient.State>?
    }

    /// - Parameter size: octets of a payload at least.
    init(_ webhooks: [String] = ["app"], limits: OutboxLimits? = nil, size: Int = 0) {
        state = Mutex(State(webhooks: webhooks))
        self.size = size
        if let limits { state.withLock { $0.limits = limits } }
    }

    var webhooks: [String] {
        get { state.withLock { $0.webhooks } }
        set { state.withLock { $0.webhooks = newValue } }
    }
    var sums: [String: OutboxSum] { state.withLock { $0.sums } }
    var committed: [Set<String>] { state.withLock { $0.committed } }
    var limits: OutboxLimits {
        get { state.withLock { $0.limits } }
        set { state.withLock { $0.limits = newValue } }
    }
    var discarded: Int { discards.reduce(0, +) }
    /// How many were discarded by each commit.
    var discards: [Int] { state.withLock { $0.discards } }
    /// Events made, also for commits that failed.
    var drafts: Int { state.withLock { $0.drafts } }

    /// Only outcomes with such a state are asked for; nil for all.
    var wanted: Set<Recipient.State>? {
        get { state.withLock { $0.wanted } }
        set { state.withLock { $0.wanted = newValue } }
    }

    var isRecording: Bool { !webhooks.isEmpty }

    func asks(for settlement: Settlement) -> Bool {
        wanted.map { wanted in settlement.recipients.contains { wanted.contains($0.state) } } ?? true
    }

    func asks(about user: String?) -> Bool { user != "quiet" }

    func drafts(of cause: OutboxCause) -> [OutboxDraft] {
        let changed = zip(cause.message.recipients, cause.recipients).filter { $0.state != $1.state }
        let texts = changed.map { "\($1.address.text) \($0.state.rawValue) \($1.state.rawValue)" }
        let drafts = texts.flatMap { text in
            webhooks.map { OutboxDraft(webhook: $0, payload: Array(text.utf8) + [UInt8](repeating: 0x20, count: size)) }
        }
        state.withLock { $0.drafts += drafts.count }
        return drafts
    }

    func limits(of webhook: String) -> OutboxLimits? { state.withLock { $0.limits } }
    func holds(_ sums: [String: OutboxSum]) { state.withLock { $0.sums = sums } }
    func committed(to webhooks: Set<String>) { state.withLock { $0.committed.append(webhooks) } }
    func discarded(_ count: Int, of webhook: String) { state.withLock { $0.discards.append(count) } }
}

extension OutboxEntry {
    var text: String { String(decoding: payload, as: UTF8.self) }
}

extension RelaySpool {
    /// The first events of a webhook.
    func outbox(
        of webhook: String, after number: Int = 0, isDead: Bool = false, limit: Int
    ) async throws -> [OutboxEntry] {
        try await outbox(of: webhook, after: number, isDead: isDead, limit: limit) as [OutboxEntry]
    }

    /// Changes the outbox, and waits for it.
    func change(outbox updates: OutboxUpdate...) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            change(outbox: updates, isUrgent: false) { continuation.resume(with: $0.mapError { $0 as any Error }) }
        }
    }
}
