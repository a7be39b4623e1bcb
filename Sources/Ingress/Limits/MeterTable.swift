internal import NIOCore

/// The meters of all clients, or of all users, in bounded memory.
///
/// When the table is full, idle subjects are dropped, at most once a second, because that scans all of them. Subjects
/// without a place share one meter: whoever floods the relay from many addresses locks out others like them, but nobody
/// who was there before.
struct MeterTable<Key: Hashable & Sendable>: Sendable {
    /// Where a subject's meter is.
    enum Slot: Hashable, Sendable {
        case own(Key)
        case shared
    }

    /// May be replaced; what is counted stays.
    var rules: SubjectRules
    private let capacity: Int
    private var meters: [Key: SubjectUsage] = [:]
    private var shared = SubjectUsage()
    private var nextSweep = NIODeadline.uptimeNanoseconds(0)

    init(rules: SubjectRules, capacity: Int) {
        self.rules = rules
        self.capacity = capacity
    }

    var count: Int { meters.count }

    /// The slot of a subject; the meter stays there at least while it counts a session.
    mutating func slot(of key: Key, at now: NIODeadline) -> Slot {
        if meters[key] != nil { return .own(key) }
        if meters.count >= capacity { sweep(at: now) }
        return meters.count < capacity ? .own(key) : .shared
    }

    subscript(slot: Slot) -> SubjectUsage {
        get {
            switch slot {
            case .own(let key): meters[key] ?? SubjectUsage()
            case .shared: shared
            }
        }
        set {
            switch slot {
            case .own(let key): meters[key] = newValue
            case .shared: shared = newValue
            }
        }
    }

    /// Counts a session that has ended; a subject without remaining usage is dropped.
    mutating func leave(_ slot: Slot, at now: NIODeadline) {
        self[slot].sessions -= 1
        guard case .own(let key) = slot, self[slot].isIdle(under: rules.limits, at: now) else { return }
        meters[key] = nil
    }

    private mutating func sweep(at now: NIODeadline) {
        guard now >= nextSweep else { return }
        nextSweep = now + .seconds(1)
        meters = meters.filter { !$0.value.isIdle(under: rules.limits, at: now) }
    }
}
