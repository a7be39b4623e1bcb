internal import Alerts
internal import Mail
internal import Notifiers
internal import Synchronization

/// How the alerts of the relay stand, and what is still to be told: shared by those who look, tell, ask and order.
final class AlertBoard: Sendable {
    private struct State {
        var machine: AlertMachine
        var outbox = AlertOutbox()
        var settings: AlertSettings
        /// Whether the outbox has changed since it was saved.
        var hasNews = false
    }

    private let state: Mutex<State>
    private let hostname: @Sendable () -> String
    private let steady: @Sendable () -> Timestamp
    private let lead: @Sendable () -> Duration
    let report: @Sendable (AlertEvent) -> Void

    /// - Parameters:
    ///   - lead: how far the system's clock is ahead of the steady one.
    ///   - report: gets what happens; must not block.
    init(
        _ settings: AlertSettings, file: AlertFile?, hostname: @escaping @Sendable () -> String,
        steady: @escaping @Sendable () -> Timestamp, lead: @escaping @Sendable () -> Duration,
        report: @escaping @Sendable (AlertEvent) -> Void
    ) {
        var (state, lost) = (State(machine: AlertMachine(settings.rules), settings: settings), [AlertEvent]())
        if let file {
            state.machine.restore(file.memory)
            state.outbox = file.outbox
            // The file may be older than relay.conf.
            lost = Self.dropUnwanted(&state)
        }
        self.state = Mutex(state)
        (self.hostname, self.steady, self.lead, self.report) = (hostname, steady, lead, report)
        lost.forEach(report)
    }

    // MARK: Looking and telling

    /// Takes the facts of now, and puts what is to be told into the outbox.
    func look(_ facts: AlertFacts) {
        let now = steady()
        let events = state.withLock { state in
            state.machine.look(facts, now: now).flatMap { take($0, into: &state, now) }
        }
        events.forEach(report)
    }

    private func take(_ notice: AlertNotice, into state: inout State, _ now: Timestamp) -> [AlertEvent] {
        var shown = notice
        for index in shown.subjects.indices { shown.subjects[index].since = shown.subjects[index].since + lead() }
        guard !notice.isSilenced else { return [.told(shown)] }
        let notification = AlertNotification(notice, id: Self.newID(), relay: hostname(), now: now, lead: lead())
        let known = state.settings.sinks.map(\.name)
        let lost = notice.sinks.filter(known.contains).flatMap { add(notification, for: $0, to: &state, now) }
        state.hasNews = true
        return (notice.isLogged ? [] : [.told(shown)]) + lost
    }

    /// - Returns: what nobody will be told.
    private func add(
        _ notification: AlertNotification, for sink: String, to state: inout State, _ now: Timestamp
    ) -> [AlertEvent] {
        let intake = state.outbox.add(notification, for: sink, now: now)
        let over = intake.over.map { AlertEvent.notNotified(sink: sink, $0.notification, reason: Self.over, next: nil) }
        guard !intake.isTaken else { return over }
        if !notification.isRepeated { Self.miss(notification, sink, &state) }
        return over + [.notNotified(sink: sink, notification, reason: Self.full, next: nil)]
    }

    /// Whoever was not told that an alert fires, and will not be, is not told its end.
    private static func miss(_ notification: AlertNotification, _ sink: String, _ state: inout State) {
        guard notification.status == .firing else { return }
        let outbox = state.outbox
        let subjects = notification.subjects.map(\.name)
            .filter { !outbox.isToBeTold(sink, notification.alert, $0) }
        state.machine.missed(sink, notification.alert, subjects)
    }

    private static let (over, full) = ("it was over before it could be told", "too much waits for it already")

    /// Without points: signatures have them between their parts.
    static func newID() -> String { "alert_" + String(UInt64.random(in: .min ... .max), radix: 36) }

    /// What somebody should be told now; each is to be reported by ``told(_:_:)``.
    func takeDue() -> [AlertOutbox.Entry] {
        let now = steady()
        return state.withLock { state in
            let due = state.outbox.takeDue(now: now)
            // What is under way may arrive, though the relay does not learn it.
            if !due.isEmpty { state.hasNews = true }
            return due
        }
    }

    /// - Parameter failure: nil if it was taken.
    func told(_ entry: AlertOutbox.Entry, _ failure: NotifierFailure?) {
        let now = steady()
        let event: AlertEvent = state.withLock { state in
            state.hasNews = true
            guard let failure else {
                state.outbox.succeeded(entry)
                return .notified(sink: entry.sink, entry.notification)
            }
            let next = Self.next(after: failure, entry, &state, now)
            return .notNotified(
                sink: entry.sink, entry.notification, reason: failure.reason, next: next.map { $0 + lead() })
        }
        report(event)
    }

    /// - Returns: when it is tried again; nil if it is given up.
    private static func next(
        after failure: NotifierFailure, _ entry: AlertOutbox.Entry, _ state: inout State, _ now: Timestamp
    ) -> Timestamp? {
        let isWanted = state.settings.wants(entry.notification, for: entry.sink)
        let verdict = state.outbox.failed(
            entry, wait: failure.wait, isFinal: failure.isFinal || !isWanted, mayHaveArrived: failure.mayHaveArrived,
            now: now)
        switch verdict {
        case .again(let moment): return moment
        case .givenUp:
            if !entry.isKnown, !failure.mayHaveArrived { miss(entry.notification, entry.sink, &state) }
            return nil
        }
    }

    // MARK: Settings

    var settings: AlertSettings { state.withLock { $0.settings } }

    /// Takes those of another relay.conf; alerts that stayed go on.
    func replace(with settings: AlertSettings) {
        let lost = state.withLock { state in
            if state.settings.rules != settings.rules { state.machine.replace(with: settings.rules) }
            state.settings = settings
            state.hasNews = true
            return Self.dropUnwanted(&state)
        }
        lost.forEach(report)
    }

    /// Drops what relay.conf does not want told any more.
    private static func dropUnwanted(_ state: inout State) -> [AlertEvent] {
        state.outbox.keep(state.settings).map { entry in
            if !entry.isKnown { miss(entry.notification, entry.sink, &state) }
            return .notNotified(sink: entry.sink, entry.notification, reason: gone, next: nil)
        }
    }

    private static let gone = "relay.conf names it no longer"

    // MARK: Operators

    var statuses: [AlertStatus] {
        state.withLock { state in
            state.machine.groups.map { AlertStatus($0, state.machine.silences[$0.rule.name], lead: lead()) }
        }
    }

    /// - Parameter duration: from now.
    func silence(_ name: String, for duration: Duration, who: String?, reason: String?) {
        let now = steady()
        var silence = AlertSilence(since: now, until: now + duration, who: who, reason: reason)
        state.withLock { $0.machine.silence(name, silence) }
        (silence.since, silence.until) = (silence.since + lead(), silence.until + lead())
        report(.silenced(name, silence))
    }

    func unsilence(_ name: String, who: String?, reason: String?) {
        let former = state.withLock { $0.machine.unsilence(name) }
        if former != nil { report(.unsilenced(name, who: who, reason: reason)) }
    }

    /// That of a test of this alert.
    func testNotification(_ rule: AlertRule) -> AlertNotification {
        AlertNotification(testOf: rule, id: Self.newID(), relay: hostname(), now: steady(), lead: lead())
    }

    // MARK: The file

    /// What is to be saved; nil if nothing has changed since it was asked last.
    func takeNews() -> AlertFile? {
        state.withLock { state in
            guard state.hasNews || state.machine.hasNews else { return nil }
            state.hasNews = false
            return AlertFile(state.machine.memory(), state.outbox)
        }
    }
}
