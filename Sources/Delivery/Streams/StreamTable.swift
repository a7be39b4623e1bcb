internal import Mail
internal import Upstreams

/// All streams that are kept apart, by name: a bounded number, since names come from applications. What has been idle for
/// longest makes room for new ones, and adds up in the row ``StreamName/other``. A value without a clock.
struct StreamTable {
    /// Most streams that are kept apart.
    static let limit = 1000
    /// As many leave at once, so that many new names cost little each.
    private static let leaving = limit / 10

    private var rules: StreamRules
    private(set) var records: [String: StreamRecord] = [:]
    private(set) var others: StreamCounts
    /// Number of paused streams.
    private(set) var pausedCount = 0

    init(_ settings: [StreamSettings] = [], _ memory: StreamMemory = StreamMemory()) {
        rules = StreamRules(settings)
        others = memory.others
        for (name, entry) in memory.streams { records[name] = StreamRecord(entry, rules.settings(for: name)) }
        countPauses()
    }

    var memory: StreamMemory { StreamMemory(streams: records.mapValues(\.memory), others: others) }

    /// Whether mail of any stream may have to wait.
    var restrains: Bool { pausedCount > 0 || rules.restrain }

    func isPaused(_ name: String) -> Bool { pausedCount > 0 && records[name]?.memory.pause != nil }

    /// Whether not all of its mail may go at once.
    func isLimited(_ name: String) -> Bool {
        guard let record = records[name] else { return rules.settings(for: name)?.isLimit ?? false }
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
        for name in records.keys { records[name]?.replace(rules.settings(for: name)) }
    }

    // MARK: - What may go

    /// Whether one more message of a stream may go now; it counts then.
    ///
    /// - Parameter waiting: messages that wait before it.
    mutating func admits(_ name: String, behind waiting: Int, at now: MonotonicInstant, wall: Timestamp) -> Bool {
        guard let place = place(of: name, at: wall) else { return true }
        let record = records.values[place]
        guard record.memory.pause == nil else { return false }
        guard record.isLimited else { return true }
        // Whoever waits goes first.
        guard waiting == 0 else { return false }
        return records.values[place].admit(of: 1, at: now) > 0
    }

    /// How many of the messages that wait may go now; they count then.
    mutating func release(_ name: String, of waiting: Int, at now: MonotonicInstant, wall: Timestamp) -> Int {
        guard let place = place(of: name, at: wall) else { return waiting }
        return records.values[place].admit(of: waiting, at: now)
    }

    /// When a message that waits may go by the stream's rate; nil if it waits for something else.
    mutating func nextAt(_ name: String, _ now: MonotonicInstant) -> MonotonicInstant? { records[name]?.nextAt(now) }

    /// Messages that were let through have not been tried: they will ask again, or are gone.
    mutating func withdraw(_ messages: Int, of name: String) { records[name]?.withdraw(messages) }

    /// A message that was let through has been tried, and waits once more.
    mutating func cameBack(_ name: String) { records[name]?.cameBack() }

    // MARK: - What has become of it

    /// Recipients of a stream have an outcome.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func ended(
        _ counts: StreamCounts, of name: String, at now: MonotonicInstant, wall: Timestamp
    ) -> StreamEvent? {
        guard let place = place(of: name, at: wall) else {
            others += counts
            return nil
        }
        return counted(records.values[place].ended(counts, at: now, wall: wall))
    }

    /// Recipients of a stream have failed that nobody was asked about.
    ///
    /// - Returns: what the relay decides; nil for nothing.
    mutating func suppressed(_ recipients: Int, of name: String, wall: Timestamp) -> StreamEvent? {
        guard let place = place(of: name, at: wall) else {
            others.failed += recipients
            return nil
        }
        return counted(records.values[place].suppressed(recipients, wall: wall))
    }

    /// A message has ended, and all of its outcomes are counted.
    ///
    /// - Parameter cameBack: whether it had been tried before.
    /// - Returns: what the relay decides; nil for nothing.
    mutating func messageEnded(of name: String, cameBack: Bool, wall: Timestamp) -> StreamEvent? {
        let event = records[name]?.messageEnded(cameBack: cameBack, wall: wall)
        return counted(event)
    }

    private mutating func counted(_ event: StreamEvent?) -> StreamEvent? {
        if case .paused? = event { pausedCount += 1 }
        return event
    }

    // MARK: - Orders

    /// - Returns: false if too many are paused already.
    mutating func pause(_ name: String, _ pause: StreamPause) -> Bool {
        guard let place = place(of: name, at: pause.since) else { return false }
        records.values[place].pause(pause)
        countPauses()
        return true
    }

    /// - Returns: whether it was paused.
    mutating func resume(_ name: String) -> Bool {
        guard records[name]?.memory.pause != nil else { return false }
        records[name]?.resume()
        countPauses()
        return true
    }

    // MARK: - Room

    private mutating func countPauses() { pausedCount = records.values.count { $0.memory.pause != nil } }

    /// Where the record of a stream is, which is made if there is none.
    ///
    /// - Returns: nil if there is no room: all of the others are paused, or new.
    private mutating func place(of name: String, at wall: Timestamp) -> [String: StreamRecord].Index? {
        if let place = records.index(forKey: name) { return place }
        guard name != StreamName.other else { return nil }
        if records.count >= Self.limit { makeRoom() }
        guard records.count < Self.limit else { return nil }
        records[name] = StreamRecord(new: rules.settings(for: name), at: wall)
        return records.index(forKey: name)
    }

    private mutating func makeRoom() {
        let idle = records.filter { $0.value.isIdle }
        let leaving = idle.sorted { ($0.value.memory.lastAt, $0.key) < ($1.value.memory.lastAt, $1.key) }
        for (name, record) in leaving.prefix(Self.leaving) {
            others += record.memory.counts
            records[name] = nil
        }
    }
}
