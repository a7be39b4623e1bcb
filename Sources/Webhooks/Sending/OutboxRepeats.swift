internal import Mail
internal import Spool

/// Ends of events that could not be written, as on a full disk: they are written again, a part at a time, and their
/// requests are not repeated. A value without IO or a clock.
struct OutboxRepeats: Sendable {
    /// Events in one commit, which may be one of mail.
    static let step = 100

    private var delivered: [Int] = []
    private var buried: [OutboxUpdate] = []
    private var state = State.waits(until: .distantPast)

    private enum State: Sendable {
        /// Nothing is written before `until`. Becomes `writes`.
        case waits(until: Timestamp)
        /// A part is being written. Becomes `waits`.
        case writes
    }

    /// A writing has failed, perhaps a repeated one. Failed attempts are not repeated: the machine knows them.
    ///
    /// - Parameter time: when to try again.
    mutating func add(_ write: OutboxWrite, at time: Timestamp) {
        for update in write.updates {
            switch update {
            case .remove(let numbers): delivered += numbers
            case .bury: buried.append(update)
            case .postpone, .expire, .revive, .drop: break
            }
        }
        switch state {
        case .waits: state = .waits(until: time)
        case .writes: if write.isRepeat { state = .waits(until: time) }
        }
    }

    mutating func written(_ write: OutboxWrite) {
        if write.isRepeat { state = .waits(until: .distantPast) }
    }

    /// What is to be written now; nil for nothing.
    mutating func next(now: Timestamp) -> OutboxWrite? {
        guard let time, time <= now else { return nil }
        state = .writes
        var write = OutboxWrite(part())
        write.isRepeat = true
        return write
    }

    private mutating func part() -> [OutboxUpdate] {
        if !buried.isEmpty {
            defer { buried.removeFirst(min(Self.step, buried.count)) }
            return Array(buried.prefix(Self.step))
        }
        defer { delivered.removeFirst(min(Self.step, delivered.count)) }
        return [.remove(Array(delivered.prefix(Self.step)))]
    }

    /// When there is something to write; nil for not before the next report.
    var time: Timestamp? {
        switch state {
        case .waits(let until): delivered.isEmpty && buried.isEmpty ? nil : until
        case .writes: nil
        }
    }
}
