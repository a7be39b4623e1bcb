internal import Mail
package import Spool

/// Goes through the history, newest first, for some time at a time. Used by one thread.
package struct HistorySearch {
    /// Where to look.
    package struct Place: Sendable {
        /// Of the moment, oldest first.
        let runs: @Sendable () -> [Run]
        let unreadable: @Sendable () -> [UnreadableRun]
        let hash: KeyedHash
        let storage: any RunPlace
        /// What left before is not shown.
        let oldest: Timestamp
        /// Receives what is damaged.
        let notice: @Sendable (String) -> Void
    }

    private let place: Place
    private let reader: any DepartureRows
    private let filter: HistoryFilter
    private let addresses: HistoryAddress
    private let key: (kind: IndexKind, hash: UInt64)?
    /// Entries with this number and greater ones are done.
    package private(set) var position: Int
    /// Whether there is nothing left.
    package private(set) var isAtEnd = false
    /// What could not be read: something that matches may be missing.
    package private(set) var problems: [String] = []

    /// - Parameter position: where to go on; nil for the newest entry.
    package init(_ filter: HistoryFilter, in place: Place, _ reader: any DepartureRows, before position: Int? = nil) {
        self.filter = filter
        self.place = place
        self.reader = reader
        self.position = position ?? .max
        addresses = HistoryAddress(place.hash)
        key = filter.key(place.hash)
        if position == nil { problems = place.unreadable().map(\.error.message) }
    }

    private mutating func report(_ error: SpoolError) {
        problems.append(error.message)
        place.notice(error.message)
    }

    /// The part of all entries that is done; nil if lists are used, or nothing is kept.
    package func progress() throws(SpoolError) -> Double? {
        guard key == nil else { return nil }
        let (runs, range) = (place.runs(), try reader.range())
        guard let first = runs.first?.header.first ?? range?.lowerBound,
            let last = range?.upperBound ?? runs.last?.header.last
        else { return nil }
        return Double(last - min(position, last + 1) + 1) / Double(last - first + 1)
    }

    /// Shows what matches to `found`, which returns false to stop behind it.
    ///
    /// - Parameter deadline: stops soon after this point of the monotonic clock.
    package mutating func go(
        until deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) {
        guard !isAtEnd else { return }
        guard try goThroughSpool(deadline, found) else { return }
        for run in place.runs().reversed() where run.header.first < position {
            guard try goThrough(run, deadline, found) else { return }
            position = min(position, run.header.first)
        }
        isAtEnd = true
    }

    // MARK: - In the spool

    /// - Returns: false if it stopped before the end.
    private mutating func goThroughSpool(
        _ deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) -> Bool {
        while true {
            // Asked for before the rows are read: what is moved later is still among them, or in a run by then.
            let moved = place.runs().last?.header.last ?? 0
            guard position > moved + 1 else { return true }
            let batches = try reader.batches(before: position, limit: 16)
            for batch in batches {
                guard batch.last > moved else { return true }
                guard look(at: batch, found) else { return false }
                guard Monotonic.now < deadline else { return false }
            }
            guard !batches.isEmpty else { return true }
        }
    }

    /// - Returns: false if it stopped before the end.
    private mutating func look(at batch: DepartureBatch, _ found: (Int, RecordView) -> Bool) -> Bool {
        let (end, position) = (self.position, Position(self.position))
        let goesOn = batch.entries.withUnsafeBytes { bytes in
            var (records, sequence) = ([UnsafeRawBufferPointer](), RecordSequence(bytes))
            while let octets = sequence.next() { records.append(octets) }
            for (place, octets) in records.enumerated().reversed() where batch.first + place < end {
                position.value = batch.first + place
                guard show(octets, position.value, found) else { return false }
            }
            return true
        }
        self.position = goesOn ? min(end, batch.first) : position.value
        return goesOn
    }

    private final class Position {
        var value: Int

        init(_ value: Int) {
            self.value = value
        }
    }

    /// - Returns: false if nobody wants more.
    private func show(_ octets: UnsafeRawBufferPointer, _ number: Int, _ found: (Int, RecordView) -> Bool) -> Bool {
        guard let record = RecordView(octets), record.finishedAt >= place.oldest,
            filter.matches(record, addresses)
        else { return true }
        return found(number, record)
    }

    // MARK: - In runs

    /// - Returns: false if it stopped before the end.
    private mutating func goThrough(
        _ run: Run, _ deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) -> Bool {
        guard filter.concerns(run.header.received), run.header.finished.upperBound >= place.oldest else {
            return true
        }
        do throws(SpoolError) {
            do throws(SpoolError) {
                return try look(through: run, deadline, found)
            } catch {
                // It may have been replaced meanwhile: a database keeps nothing of the former one.
                guard error.code == .missing else { throw error }
                return try look(through: run, deadline, found)
            }
        } catch {
            // A run that has gone meanwhile was too old.
            if error.code == .missing, !place.runs().contains(where: { $0.path == run.path }) { return true }
            guard error.code == .corrupt || error.code == .missing else { throw error }
            report(error)
            return true
        }
    }

    private mutating func look(
        through run: Run, _ deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) -> Bool {
        let file = try RunReader(place.storage.open(run.path))
        let end = min(position - run.header.first, run.header.count)
        if let key, let rows = try file.rows(with: key.hash, key.kind, before: end, key: place.hash) {
            return try goThrough(rows, of: file, deadline, found)
        }
        return try goThrough(file, before: end, deadline, found)
    }

    private mutating func goThrough(
        _ rows: RunRows, of file: RunReader, _ deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) -> Bool {
        var last: Int?
        for (count, number) in rows.range.reversed().enumerated() {
            let row = try file.row(number, rows.kind)
            guard row != last else { continue }
            last = row
            let at = file.header.first + row
            let goesOn = try file.with(row) { show($0, at, found) } ?? true
            position = at
            guard goesOn, count % 64 < 63 || Monotonic.now < deadline else { return false }
        }
        return true
    }

    private mutating func goThrough(
        _ file: RunReader, before end: Int, _ deadline: Int64, _ found: (Int, RecordView) -> Bool
    ) throws(SpoolError) -> Bool {
        guard end > 0 else { return true }
        for number in (0...(try file.blockNumber(of: end - 1))).reversed() {
            let (at, goesOn) = (Position(position), Position(1))
            let search = self
            do throws(SpoolError) {
                try file.forEachRecord(ofBlock: number) { row, octets in
                    guard row < end, goesOn.value == 1 else { return }
                    at.value = file.header.first + row
                    if !search.show(octets, at.value, found) { goesOn.value = 0 }
                }
                position = at.value
            } catch {
                guard error.code == .corrupt else { throw error }
                report(error)
                position = file.header.first + (try file.list()[number].row)
            }
            guard goesOn.value == 1, Monotonic.now < deadline else { return false }
        }
        return true
    }
}
