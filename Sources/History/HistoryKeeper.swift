internal import Glibc
package import Mail
package import Spool
internal import Synchronization

/// The thread that moves what is kept about messages out of the spool into runs, removes what is too old or too much, and
/// takes addresses out. It runs at a low priority: nobody's mail waits for it.
package final class HistoryKeeper: @unchecked Sendable {
    // Safety: `orders` and `isStopping` are used with `condition` locked; all else by the keeper's thread alone.

    struct Erasure: Sendable {
        let address: String
        let isRehearsal: Bool
        let done: @Sendable (Result<Int, SpoolError>) -> Void
    }

    let store: HistoryStore
    let spool: any DepartureSpool
    private let path: String
    private let now: @Sendable () -> Timestamp
    private let condition = MonotonicCondition()
    private var orders: [Erasure] = []
    private var isStopping = false
    private var thread: SpoolThread?
    private var reader: (any DepartureRows)?
    private var watch = ClockWatch()
    private var removals = Removals()
    /// Whether there may be content between entries that are gone.
    private var hasGaps = true
    /// The last trouble that was told.
    private var trouble: String?

    /// - Parameters:
    ///   - path: the data directory.
    ///   - now: the system's clock.
    package init(
        _ store: HistoryStore, _ spool: any DepartureSpool, path: String, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.spool = spool
        self.path = path
        self.now = now
    }

    package func start() {
        thread = SpoolThread("history") { self.run() }
    }

    /// Returns when the thread has ended, which may finish a run first.
    package func stop() async {
        signal { $0.isStopping = true }
        await thread?.join()
        thread = nil
    }

    func submit(_ order: Erasure) {
        signal { $0.orders.append(order) }
    }

    private func signal(_ change: (HistoryKeeper) -> Void) {
        condition.lock()
        change(self)
        condition.unlock()
        condition.signal()
    }

    private func run() {
        setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        let interval = store.tuning.interval.wholeNanoseconds
        while true {
            let (orders, isStopping) = wait(until: Monotonic.now + interval)
            for order in orders { order.done(isStopping ? .failure(Self.stopping) : erase(order)) }
            if isStopping { return reader = nil }
            report { () throws(SpoolError) in try look() }
        }
    }

    private func wait(until deadline: Int64) -> ([Erasure], isStopping: Bool) {
        condition.lock()
        defer { condition.unlock() }
        while orders.isEmpty, !isStopping, condition.wait(until: deadline) {}
        defer { orders = [] }
        return (orders, isStopping)
    }

    private static let stopping = SpoolError(.closed, "the relay is stopping")

    private var shouldStop: Bool {
        condition.lock()
        defer { condition.unlock() }
        return isStopping
    }

    /// Tells an error once.
    private func report(_ body: () throws(SpoolError) -> Void) {
        do throws(SpoolError) {
            try body()
            trouble = nil
        } catch {
            reader = nil
            if trouble != error.message { store.notice("history: \(error.message)") }
            trouble = error.message
        }
    }

    private func openReader() throws(SpoolError) -> any DepartureRows {
        if let reader { return reader }
        let reader = try spool.openDepartures()
        self.reader = reader
        return reader
    }

    // MARK: - Moving

    /// Does whatever is due.
    private func look() throws(SpoolError) {
        let reader = try openReader()
        while !shouldStop, try isRunDue(reader) { try move(reader) }
        try finishMoves(reader)
        try prune(reader)
        try forgetContent(reader)
        if hasGaps, store.unreadable.isEmpty { try forgetOrphans(reader) }
    }

    /// What a crash has left both in a run and in the spool goes from the spool.
    private func finishMoves(_ reader: any DepartureRows) throws(SpoolError) {
        let last = store.lastMoved
        guard let range = try reader.range(), range.lowerBound <= last else { return }
        spool.forgetDepartures(through: last)
    }

    private func isRunDue(_ reader: any DepartureRows) throws(SpoolError) -> Bool {
        let tuning = store.tuning
        guard let range = try reader.range() else { return false }
        let waiting = range.upperBound - max(range.lowerBound - 1, store.lastMoved)
        if waiting >= tuning.runEntries { return true }
        guard waiting >= tuning.smallRunEntries, range.lowerBound > store.lastMoved else { return false }
        if spool.departureOctets >= tuning.runOctets { return true }
        guard let oldest = try reader.oldest(limit: 1).first else { return false }
        return oldest.at < now() - store.settings.keep / 8
    }

    /// Moves the oldest batches into a run.
    ///
    /// - Returns: false if there are none.
    @discardableResult
    private func move(_ reader: any DepartureRows) throws(SpoolError) -> Bool {
        let (place, hash) = (store.opened.place, store.opened.hash)
        var last = store.lastMoved
        // Entries that were removed for their age or their room leave a gap before it.
        guard let first = try reader.batches(after: last, limit: 1).first?.first else { return false }
        let draft = try place.draft()
        let writer = RunWriter(draft, first: first, hash: hash)
        while !writer.isFull(store.tuning) {
            let batches = try reader.batches(after: last, limit: store.tuning.batchLimit)
            guard !batches.isEmpty else { break }
            for batch in batches where !writer.isFull(store.tuning) {
                try writer.add(batch.entries, count: batch.last - batch.first + 1)
                last = batch.last
            }
        }
        guard writer.count > 0 else { return false }
        let header = try writer.finish()
        SpoolStep.reached(.afterRunWrite)
        let run = try draft.publish(header)
        SpoolStep.reached(.afterRunNaming)
        store.add(run)
        spool.forgetDepartures(through: header.last)
        return true
    }

    // MARK: - Removing

    private func prune(_ reader: any DepartureRows) throws(SpoolError) {
        let moment = now()
        if watch.isSteady(moment, pause: store.tuning.stepPause) { try pruneOld(reader, moment) }
        try pruneExcess(reader)
    }

    private func pruneOld(_ reader: any DepartureRows, _ moment: Timestamp) throws(SpoolError) {
        let limit = moment - store.settings.keep
        for run in store.runs where run.header.finished.upperBound < limit { try remove(run) }
        let old = try reader.oldest(limit: store.tuning.pruneStep).prefix { $0.at < limit }
        if let last = old.last { spool.forgetDepartures(through: last.last) }
    }

    /// The most octets that the history may take.
    private var most: Int {
        min(store.settings.maxOctets, store.opened.place.space.map { $0 / 4 } ?? .max)
    }

    /// The history takes no more than it may, and nothing that mail needs. Content goes first, as long as it takes more
    /// than half: entries answer most questions without it.
    private func pruneExcess(_ reader: any DepartureRows) throws(SpoolError) {
        let (most, content) = (most, spool.keptOctets)
        if spool.isShortOfRoom { return try makeRoom(octets - most, content, reader) }
        // What has moved is still counted in the spool: nothing must go for that.
        guard try !isLettingGo(reader) else { return }
        var excess = octets - most
        guard excess > 0 else { return }
        var spare = max(0, min(excess, content - most / 2))
        excess -= spare
        while excess > 0, store.runs.count > 1, let run = store.runs.first {
            try remove(run, for: .size)
            excess -= run.header.octets
        }
        // The last run is most of the history: all content goes before it.
        if excess > 0, !store.runs.isEmpty {
            let more = min(excess, content - spare)
            spare += more
            excess -= more
        }
        if spare > 0 { try giveUpContent(spare, reader) }
        try pruneEntries(excess, for: .size, reader)
    }

    /// The same while mail is refused for lack of room: something has to go.
    private func makeRoom(_ excess: Int, _ content: Int, _ reader: any DepartureRows) throws(SpoolError) {
        if content > 0 { return try giveUpContent(max(excess, store.tuning.giveUpStep), reader) }
        try pruneEntries(max(excess, 1), for: .room, reader)
    }

    /// Whether entries that are in runs have not gone from the spool yet.
    private func isLettingGo(_ reader: any DepartureRows) throws(SpoolError) -> Bool {
        guard let range = try reader.range() else { return false }
        return range.lowerBound <= store.lastMoved
    }

    /// Has the oldest runs go, of at least this many octets; without any, the oldest rows.
    private func pruneEntries(
        _ octets: Int, for reason: Removals.Reason, _ reader: any DepartureRows
    ) throws(SpoolError) {
        var excess = octets
        while excess > 0, let run = store.runs.first {
            try remove(run, for: reason)
            excess -= run.header.octets
        }
        guard excess > 0, let first = try reader.range()?.lowerBound else { return }
        var last = first - 1
        for batch in try reader.oldest(limit: store.tuning.pruneStep) where excess > 0 {
            excess -= batch.octets
            last = batch.last
        }
        spool.forgetDepartures(through: last)
        tell(last - first + 1, reason)
    }

    private func remove(_ run: Run, for reason: Removals.Reason) throws(SpoolError) {
        try remove(run)
        tell(run.header.count, reason)
    }

    private func tell(_ count: Int, _ reason: Removals.Reason) {
        if let sentence = removals.add(count, reason, at: Monotonic.now) { store.notice(sentence) }
    }

    /// Has the oldest content go, of at least this many octets.
    private func giveUpContent(_ octets: Int, _ reader: any DepartureRows) throws(SpoolError) {
        if let end = try reader.contentEnd(octets: octets) { spool.forgetContent(through: end) }
    }

    /// Content goes with its entry: what is older than the oldest of these goes.
    private func forgetContent(_ reader: any DepartureRows) throws(SpoolError) {
        let (rows, content) = try reader.reading { () throws(SpoolError) in
            (try reader.range(), try reader.contentRange())
        }
        guard let content else { return }
        let oldest = store.runs.first?.header.first ?? rows?.lowerBound
        let end = min(content.upperBound, oldest.map { $0 - 1 } ?? .max)
        if content.lowerBound <= end { spool.forgetContent(through: end) }
    }

    /// Nobody finds the content of a run that was moved away, nor knows whom it names.
    private func forgetOrphans(_ reader: any DepartureRows) throws(SpoolError) {
        let (rows, content) = try reader.reading { () throws(SpoolError) in
            (try reader.range(), try reader.contentRange())
        }
        if let content { try eraseContent(of: orphans(in: content, rows)) }
        hasGaps = false
    }

    /// Numbers between those of entries.
    private func orphans(in content: ClosedRange<Int>, _ rows: ClosedRange<Int>?) -> [Int] {
        let entries = store.runs.map { $0.header.first...$0.header.last } + (rows.map { [$0] } ?? [])
        var numbers: [Int] = []
        for (before, behind) in zip(entries, entries.dropFirst()) {
            let first = max(before.upperBound + 1, content.lowerBound)
            let last = min(behind.lowerBound - 1, content.upperBound)
            if first <= last { numbers += first...last }
        }
        return numbers
    }

    /// Octets of all that is kept.
    private var octets: Int {
        store.runs.reduce(spool.departureOctets + spool.keptOctets) { $0 + $1.header.octets }
    }

    private func remove(_ run: Run) throws(SpoolError) {
        try store.opened.place.remove(run)
        store.remove(run)
    }

    // MARK: - Erasing

    private func erase(_ order: Erasure) -> Result<Int, SpoolError> {
        do throws(SpoolError) {
            let reader = try openReader()
            var eraser = RunEraser(order.address, store.opened)
            if order.isRehearsal {
                let count = try eraser.count(in: reader, store)
                forget(eraser.gone)
                try check(eraser, "would be erased from \(Self.entries(count))")
                return .success(count)
            }
            if try eraser.isIn(reader, after: store.lastMoved) { try moveAll(reader) }
            try eraseContent(&eraser, reader)
            for run in store.runs {
                guard let run = try eraser.erase(from: run) else { continue }
                SpoolStep.reached(.afterRunReplacement)
                store.replace(run)
            }
            forget(eraser.gone)
            try check(eraser, "erased from \(Self.entries(eraser.erased))")
            return .success(eraser.erased)
        } catch {
            reader = nil
            return .failure(error)
        }
    }

    /// The address may be in a run that cannot be read, whenever that was found: nobody must believe that it is not.
    private func check(_ eraser: RunEraser, _ done: String) throws(SpoolError) {
        let reasons = store.unreadable.map(\.error.message) + eraser.damage.sorted { $0.key < $1.key }.map(\.value)
        guard !reasons.isEmpty else { return }
        throw SpoolError(
            .corrupt,
            "\(done), but the address may also be in what cannot be read: \(reasons.joined(separator: "; ")). "
                + "\(store.opened.place.remedy); then give the order again")
    }

    /// Runs that were moved away.
    private func forget(_ gone: [Run]) {
        for run in gone { store.remove(run) }
        if !gone.isEmpty { hasGaps = true }
    }

    private static func entries(_ count: Int) -> String { count == 1 ? "1 entry" : "\(count) entries" }

    /// Content names the address. It goes before the address, so that a repeated order finds what is left.
    private func eraseContent(_ eraser: inout RunEraser, _ reader: any DepartureRows) throws(SpoolError) {
        guard let kept = try reader.contentRange() else { return }
        var numbers: [Int] = []
        for run in store.runs where run.header.last >= kept.lowerBound { numbers += try eraser.numbers(in: run) }
        try eraseContent(of: numbers)
        if !numbers.isEmpty { SpoolStep.reached(.afterContentForgotten) }
    }

    private func eraseContent(of numbers: [Int]) throws(SpoolError) {
        for start in stride(from: 0, to: numbers.count, by: store.tuning.eraseStep) {
            let answer = Answer()
            let part = numbers[start..<min(start + store.tuning.eraseStep, numbers.count)]
            spool.eraseContent(of: Array(part)) { answer.give($0) }
            if let error = answer.wait() { throw error }
        }
    }

    /// Everything that is in the spool now goes into runs, and from the spool.
    private func moveAll(_ reader: any DepartureRows) throws(SpoolError) {
        guard let end = try reader.range()?.upperBound else { return }
        while store.lastMoved < end, try move(reader) {}
        spool.forgetDepartures(through: store.lastMoved)
        let deadline = Monotonic.now + 60_000_000_000
        while let range = try reader.range(), range.lowerBound <= end {
            guard Monotonic.now < deadline, !shouldStop else {
                throw SpoolError(.inputOutput, "the spool did not let go of the entries that were moved; try again")
            }
            usleep(5000)
        }
    }
}
