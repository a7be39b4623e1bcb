internal import Mail
internal import Upstreams

/// All streams that are kept apart, by name: a bounded number, since names come from applications. What has been idle for
/// longest makes room for new ones, and adds up in the row ``StreamName/other``. A value without a clock.
///
/// Streams that there is no room for share a record for each `[[stream]]` table, which obeys it (``StreamSettings/shared``),
/// and one for all that no table applies to.
struct StreamTable {
    private var rules: StreamRules
    /// Those with a name of their own, and those that are shared, by their reserved names.
    private(set) var records: [String: StreamRecord] = [:]
    /// Of those that had to make room.
    private(set) var others: StreamCounts
    /// Number of paused streams.
    private(set) var pausedCount = 0
    private var room = StreamRoom()
    /// Whether messages of a stream wait for it.
    private let isAwaited: (String) -> Bool

    /// - Parameter isAwaited: such a stream is not forgotten.
    init(
        _ settings: [StreamSettings] = [], _ memory: StreamMemory = StreamMemory(),
        isAwaited: @escaping (String) -> Bool = { _ in false }
    ) {
        rules = StreamRules(settings)
        others = memory.others
        self.isAwaited = isAwaited
        for (name, entry) in memory.streams { restore(name, entry) }
        countPauses()
    }

    private mutating func restore(_ name: String, _ entry: StreamMemory.Entry) {
        guard StreamName.isReserved(name) else {
            records[name] = StreamRecord(entry, rules.settings(for: name))
            room.entered(entry.namer)
            return
        }
        guard rules.isShared(name) else { return others += entry.counts }
        records[name] = StreamRecord(shared: rules.settings(ofShared: name), entry)
    }

    /// What is to be kept for the next start.
    func memory(at now: MonotonicInstant, wall: Timestamp) -> StreamMemory {
        StreamMemory(streams: records.mapValues { $0.kept(at: now, wall: wall) }, others: others)
    }

    /// Goes on with the outcomes of the last hour from before; called once, at the start.
    mutating func restoreHours(at now: MonotonicInstant, wall: Timestamp) {
        for name in Array(records.keys) { records[name]?.restoreHour(at: now, wall: wall) }
    }

    /// Whether mail of any stream may have to wait.
    var restrains: Bool { pausedCount > 0 || rules.restrain }

    /// Whether a stream that has been asked about before stands still.
    func isPaused(_ name: String) -> Bool { pausedCount > 0 && records[key(of: name)]?.memory.pause != nil }

    /// Whether mail of a stream may be on its way.
    mutating func lets(_ name: String, by namer: StreamNamer, wall: Timestamp) -> Bool {
        guard pausedCount > 0 else { return true }
        let key = makeRecord(name, by: namer, at: wall)
        return records[key]?.memory.pause == nil
    }

    /// Whether not all of its mail may go at once.
    func isLimited(_ name: String) -> Bool {
        guard let record = records[name], !record.isShared else {
            return rules.settings(for: name)?.isLimit ?? false
        }
        return record.isLimited
    }

    /// Whether it is on the way from a part of its mail to all of it.
    func isNew(_ name: String) -> Bool { records[name]?.isNew ?? false }

    /// Names of streams that stand still.
    var paused: Set<String> {
        guard pausedCount > 0 else { return [] }
        return Set(records.filter { $0.value.memory.pause != nil }.keys)
    }

    /// Streams that the relay has paused, with the reasons.
    var pausedByRelay: [String: String] {
        guard pausedCount > 0 else { return [:] }
        return records.compactMapValues { record in
            record.memory.pause.flatMap { $0.author == .relay ? $0.reason ?? "" : nil }
        }
    }

    /// relay.conf has other `[[stream]]` tables.
    mutating func replace(_ settings: [StreamSettings]) {
        rules = StreamRules(settings)
        for (name, record) in records {
            if !record.isShared {
                records[name]?.replace(rules.settings(for: name))
            } else if rules.isShared(name) {
                records[name]?.replace(rules.settings(ofShared: name)?.shared)
            } else {
                // Its table is gone, and so is what it has paused.
                others += record.memory.counts
                records[name] = nil
            }
        }
        countPauses()
    }

    // MARK: - What may go

    /// Whether one more message of a stream may go now; it counts then.
    ///
    /// - Parameters:
    ///   - namer: who has named the stream.
    ///   - waiting: messages that wait before it.
    mutating func admits(
        _ name: String, by namer: StreamNamer = .configuration, behind waiting: Int, at now: MonotonicInstant,
        wall: Timestamp
    ) -> Bool {
        let key = makeRecord(name, by: namer, at: wall)
        guard let record = records[key] else { return true }
        guard record.memory.pause == nil else { return false }
        guard record.isLimited else { return true }
        // Whoever waits goes first.
        guard waiting == 0 else { return false }
        return (records[key]?.admit(of: 1, at: now) ?? 1) > 0
    }

    /// How many of the messages that wait may go now; they count then.
    mutating func release(_ name: String, of waiting: Int, at now: MonotonicInstant, wall: Timestamp) -> Int {
        let key = ownOrShared(name, at: wall)
        return records[key]?.admit(of: waiting, at: now) ?? waiting
    }

    /// When a message that waits may go by the stream's rate; nil if it waits for something else.
    mutating func nextAt(_ name: String, _ now: MonotonicInstant) -> MonotonicInstant? {
        records[key(of: name)]?.nextAt(now)
    }

    /// What keeps mail that waits for its stream from going; nil for nothing.
    mutating func restraint(of name: String, waiting: Int, at now: MonotonicInstant) -> StreamRestraint? {
        records[key(of: name)]?.restraint(waiting: waiting, at: now)
    }

    /// Messages that were let through have not been tried: they will ask again, or are gone.
    mutating func withdraw(_ messages: Int, of name: String) { records[name]?.withdraw(messages) }

    /// A message that was let through has been tried, and waits once more.
    mutating func cameBack(_ name: String) { records[name]?.cameBack() }

    // MARK: - What has become of it

    /// Recipients of a stream have an outcome.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func ended(
        _ counts: StreamCounts, of name: String, by namer: StreamNamer = .configuration, at now: MonotonicInstant,
        wall: Timestamp
    ) -> StreamVerdict? {
        let key = makeRecord(name, by: namer, at: wall)
        let event = records[key]?.ended(counts, at: now, wall: wall)
        return counted(event, of: key)
    }

    /// Recipients of a stream have failed that nobody was asked about.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func suppressed(
        _ recipients: Int, of name: String, by namer: StreamNamer = .configuration, wall: Timestamp
    ) -> StreamVerdict? {
        let key = makeRecord(name, by: namer, at: wall)
        let event = records[key]?.suppressed(recipients, wall: wall)
        return counted(event, of: key)
    }

    /// A message has ended, and all of its outcomes are counted.
    ///
    /// - Parameter cameBack: whether it had been tried before.
    /// - Returns: what the relay decides; nil for nothing.
    mutating func messageEnded(of name: String, cameBack: Bool, wall: Timestamp) -> StreamVerdict? {
        let event = records[name]?.messageEnded(cameBack: cameBack, wall: wall)
        return counted(event, of: name)
    }

    private mutating func counted(_ event: StreamEvent?, of name: String) -> StreamVerdict? {
        guard let event else { return nil }
        if case .paused = event { pausedCount += 1 }
        return StreamVerdict(name: name, event: event)
    }

    // MARK: - Orders

    /// - Returns: false if too many are paused already, or if the name is reserved and stands for nothing.
    mutating func pause(_ name: String, _ pause: StreamPause) -> Bool {
        guard mayPause(name) else { return false }
        if records[name] == nil {
            let isShared = rules.isShared(name)
            if isShared { makeShared(name, at: pause.since) } else { make(name, .configuration, pause.since) }
        }
        records[name]?.pause(pause)
        countPauses()
        return true
    }

    /// An operator's pause needs no room that others have, up to as many of them as there are streams.
    private func mayPause(_ name: String) -> Bool {
        if StreamName.isReserved(name) { return rules.isShared(name) }
        guard records[name]?.memory.pause == nil else { return true }
        return records.values.count { $0.memory.pause?.author == .operator } < StreamRoom.limit
    }

    /// - Returns: whether it was paused.
    mutating func resume(_ name: String) -> Bool {
        guard records[name]?.memory.pause != nil else { return false }
        records[name]?.resume()
        countPauses()
        return true
    }

    private mutating func countPauses() { pausedCount = records.values.count { $0.memory.pause != nil } }

    // MARK: - Room

    /// The name of its record, which others may share.
    private func key(of name: String) -> String {
        records[name]?.isShared == false ? name : rules.sharedName(for: name)
    }

    private mutating func ownOrShared(_ name: String, at wall: Timestamp) -> String {
        let key = key(of: name)
        if records[key] == nil { makeShared(key, at: wall) }
        return key
    }

    /// - Returns: the name of its record, which there is.
    private mutating func makeRecord(_ name: String, by namer: StreamNamer, at wall: Timestamp) -> String {
        if records[name]?.isShared == false { return name }
        guard !StreamName.isReserved(name), hasRoom(for: namer, at: wall) else { return ownOrShared(name, at: wall) }
        make(name, namer, wall)
        return name
    }

    private mutating func make(_ name: String, _ namer: StreamNamer, _ wall: Timestamp) {
        records[name] = StreamRecord(new: rules.settings(for: name), by: namer, at: wall)
        room.entered(namer)
    }

    private mutating func makeShared(_ name: String, at wall: Timestamp) {
        records[name] = StreamRecord(shared: rules.settings(ofShared: name), StreamMemory.Entry(since: wall))
    }

    private mutating func hasRoom(for namer: StreamNamer, at wall: Timestamp) -> Bool {
        switch room.need(for: namer, paused: pausedCount) {
        case .none: return true
        case .noRoom: return false
        case .ofItsOwn: forgetIdle(at: wall) { $0 == namer }
        case .ofAnybody: forgetIdle(at: wall) { _ in true }
        }
        return room.has(for: namer, paused: pausedCount)
    }

    /// Those that relay.conf names come last.
    private mutating func forgetIdle(at wall: Timestamp, _ isMeant: (StreamNamer) -> Bool) {
        let idle = records.filter { name, record in
            isMeant(record.memory.namer) && record.isIdle(at: wall) && !isAwaited(name)
        }
        let leaving = idle.sorted { first, second in
            let (one, other) = (first.value.memory, second.value.memory)
            let (isOneKept, isOtherKept) = (one.namer == .configuration, other.namer == .configuration)
            if isOneKept != isOtherKept { return isOtherKept }
            return (one.lastAt, first.key) < (other.lastAt, second.key)
        }
        for (name, record) in leaving.prefix(StreamRoom.leaving) {
            others += record.memory.counts
            records[name] = nil
            room.left(record.memory.namer)
        }
    }
}
