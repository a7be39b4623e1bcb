/// Decides which fault happens next. Time is an argument, counted from a start common to all calls.
struct SinkFaultPlan: Sendable {
    private struct Entry: Sendable {
        let fault: SinkFault
        /// Exempt from `SinkSettings.faultLimit`.
        let isUnlimited: Bool
        var random: SinkRandom
        var bucket: SinkBucket?
        /// When it began; nil before.
        var since: Duration?
        var count = 0
        /// Recipients taken in the present period, and its number.
        var taken = 0
        var period = 0
        /// Number of windows whose beginning has been reported.
        var starts = 0

        func isDue(_ now: Duration) -> Bool {
            guard let since, count < fault.limit ?? .max else { return false }
            return fault.window.contains(now - since)
        }

        /// Recipients that count for a quota: those of messages that were taken in the present period.
        mutating func takenNow(_ now: Duration) -> Int {
            let present = since.map { fault.window.starts(until: now - $0) } ?? 0
            if present != period { (period, taken) = (present, 0) }
            return taken
        }

        /// Whether it happens in the current case; if so, it is counted.
        ///
        /// - Parameter recipients: what a quota would have to allow.
        mutating func happens(_ now: Duration, recipients: Int) -> Bool {
            guard isDue(now) else { return false }
            if let quota = fault.quota, takenNow(now) + recipients <= quota { return false }
            if bucket?.take(now) == true { return false }
            if fault.rate < 1, random.nextUnit() >= fault.rate { return false }
            count += 1
            return true
        }
    }

    /// What the listening socket and the sessions must do.
    struct ListenerStep: Equatable {
        var isOpen = true
        /// Whether to reset the sessions that are open now.
        var resetsSessions = false
        /// When to ask again; nil if not before faults are turned on or off.
        var next: Duration?
    }

    /// Interval for checking whether enough messages have been accepted for a listener fault to begin.
    private static let interval = Duration.milliseconds(5)

    private var entries: [Entry]
    private var messages = 0
    private let limit: Int
    private(set) var isOn: Bool
    /// Faults that happened, not counting delays.
    private(set) var happened = 0
    let isEmpty: Bool
    let hasFaultsOfListener: Bool

    init(_ settings: SinkSettings) {
        let delay = settings.delay.map { SinkFault(.delay($0.time), at: $0.phase) }
        let faults = settings.faults + (delay.map { [$0] } ?? [])
        entries = faults.enumerated().map { Self.entry($1, number: $0, settings) }
        isEmpty = faults.isEmpty
        hasFaultsOfListener = faults.contains(where: \.isOfListener)
        limit = settings.faultLimit ?? .max
        isOn = false
        if settings.faultsAreOn { turn(on: true, now: .zero) }
    }

    private static func entry(_ fault: SinkFault, number: Int, _ settings: SinkSettings) -> Entry {
        var fault = fault
        fault.after = max(fault.after, settings.faultsAfter)
        if fault.phase == .rcpt { fault.recipient = fault.recipient ?? settings.faultyRecipient }
        let isDelay = if case .delay = fault.kind { true } else { false }
        return Entry(
            fault: fault, isUnlimited: isDelay, random: SinkRandom(seed: settings.seed &+ UInt64(number)),
            bucket: fault.above.map { SinkBucket(perSecond: $0) })
    }

    /// Turns all faults on, as if the sink had just started, or off.
    mutating func turn(on: Bool, now: Duration) {
        isOn = on
        for index in entries.indices {
            entries[index].since = on && messages >= entries[index].fault.after ? now : nil
            entries[index].starts = 0
            (entries[index].period, entries[index].taken) = (0, 0)
        }
    }

    mutating func messageTaken(recipients: Int = 1, now: Duration) {
        messages += 1
        for index in entries.indices where entries[index].fault.quota != nil {
            _ = entries[index].takenNow(now)
            entries[index].taken += recipients
        }
        guard isOn else { return }
        for index in entries.indices where entries[index].fault.after == messages { entries[index].since = now }
    }

    /// The fault that happens now, which is counted; nil for none.
    mutating func take(in situation: SinkCase, now: Duration) -> SinkFault.Kind? {
        guard happened < limit else { return nil }
        for index in entries.indices where situation.fits(entries[index].fault) && !entries[index].isUnlimited {
            guard entries[index].happens(now, recipients: situation.recipients) else { continue }
            happened += 1
            return entries[index].fault.kind
        }
        return nil
    }

    /// Delay of the reply; nil for none.
    mutating func delay(in situation: SinkCase, now: Duration) -> Duration? {
        for index in entries.indices where situation.fits(entries[index].fault) {
            guard case .delay(let time, let growth) = entries[index].fault.kind else { continue }
            let before = entries[index].count
            if entries[index].happens(now, recipients: situation.recipients) { return time + growth * before }
        }
        return nil
    }

    mutating func listenerStep(now: Duration) -> ListenerStep {
        var step = ListenerStep()
        for index in entries.indices where entries[index].fault.isOfListener && isOn {
            let window = entries[index].fault.window
            guard let since = entries[index].since else {
                step.next = Self.earlier(step.next, now + Self.interval)
                continue
            }
            if entries[index].fault.kind != .cut, entries[index].isDue(now) { step.isOpen = false }
            let starts = window.starts(until: now - since)
            if entries[index].fault.kind != .refuse, starts > entries[index].starts { step.resetsSessions = true }
            entries[index].starts = starts
            step.next = Self.earlier(step.next, window.nextChange(after: now - since).map { since + $0 })
        }
        return step
    }

    private static func earlier(_ left: Duration?, _ right: Duration?) -> Duration? {
        guard let left, let right else { return left ?? right }
        return min(left, right)
    }
}
