package import Mail

/// What is known of round trips over a restart, besides the history: without it, a relay that starts would send all mail to
/// an upstream that is known to lose it.
package struct TripMemory: Hashable, Sendable {
    package struct Verdict: Hashable, Sendable {
        package let path: TripPath
        package let verdict: TripVerdict
        package let cause: String
        /// By the system's clock.
        package let since: Timestamp

        package init(_ path: TripPath, _ verdict: TripVerdict, cause: String, since: Timestamp) {
            self.path = path
            self.since = since
            self.verdict = verdict
            self.cause = String(cause.prefix(500))
        }
    }

    package var probes: [ProbeRecord] = []
    package var blames: [UpstreamBlame] = []
    package var verdicts: [Verdict] = []
    /// When the last probe of a path was sent, by the system's clock.
    package var lastSent: [TripPath: Timestamp] = [:]
    /// Queue IDs, by number, of the probes that no upstream has taken.
    package var queueIDs: [UInt64: QueueID] = [:]
    /// Whether nothing has happened after this, because the relay has stopped. Otherwise a probe that is under way here may
    /// have been taken, found and deleted since.
    package var isLast = false
    /// Numbers of probes that were sent are at most as great; if it is not the last word, those of the seconds behind it are
    /// a little greater.
    package var lastNumber: UInt64 = 0

    package init(
        probes: [ProbeRecord] = [], blames: [UpstreamBlame] = [], verdicts: [Verdict] = [],
        lastSent: [TripPath: Timestamp] = [:]
    ) {
        self.probes = probes
        self.blames = blames
        self.verdicts = verdicts
        self.lastSent = lastSent
    }
}

// MARK: - On disk

extension TripMemory {
    private static let file = TripFile(letters: "PHRP", version: 1, name: "the file of round trips under way")
    private static let pathLimit = TripHistory.pathLimit
    private static let probeLimit = TripHistory.pathLimit * TripLane.limit
    private static let textLimit = 4096

    package var octets: [UInt8] {
        Self.file.encode { writer in
            writer.put(isLast ? 1 : 0)
            writer.put(lastNumber)
            writer.put(probes.count)
            for probe in probes { probe.put(to: &writer) }
            writer.put(blames.count)
            for blame in blames { put(blame, to: &writer) }
            writer.put(verdicts.count)
            for verdict in verdicts {
                writer.put(verdict.path)
                writer.put(verdict.verdict.rawValue)
                writer.put(verdict.cause)
                writer.put(signed: verdict.since.milliseconds)
            }
            writer.put(lastSent.count)
            for (path, moment) in lastSent.sorted(by: { $0.key < $1.key }) {
                writer.put(path)
                writer.put(signed: moment.milliseconds)
            }
            writer.put(queueIDs.count)
            for (number, id) in queueIDs.sorted(by: { $0.key < $1.key }) {
                writer.put(number)
                writer.put(signed: id.rawValue)
            }
        }
    }

    private func put(_ blame: UpstreamBlame, to writer: inout TripRecordWriter) {
        writer.put(blame.upstream)
        writer.put(blame.action.rawValue)
        writer.put(blame.cause)
        writer.put(signed: blame.since.milliseconds)
        writer.put(blame.paths.count)
        for path in blame.paths { writer.put(path) }
    }

    /// Reads what ``octets`` has written.
    package init(octets: [UInt8]) throws(TripFileError) {
        self = try Self.file.decode(octets) { (reader: inout TripRecordReader) throws(TripRecordFault) in
            var memory = TripMemory()
            memory.isLast = try reader.count(upTo: 1) == 1
            memory.lastNumber = try reader.number()
            for _ in 0..<(try reader.count(upTo: Self.probeLimit)) { memory.probes.append(try ProbeRecord(&reader)) }
            for _ in 0..<(try reader.count(upTo: Self.pathLimit)) { memory.blames.append(try Self.blame(&reader)) }
            for _ in 0..<(try reader.count(upTo: Self.pathLimit)) { memory.verdicts.append(try Self.verdict(&reader)) }
            for _ in 0..<(try reader.count(upTo: Self.pathLimit)) {
                let path = try reader.path()
                memory.lastSent[path] = try reader.moment()
            }
            for _ in 0..<(try reader.count(upTo: Self.probeLimit)) {
                let number = try reader.number()
                memory.queueIDs[number] = QueueID(rawValue: try reader.signed())
            }
            return memory
        }
    }

    private static func blame(_ reader: inout TripRecordReader) throws(TripRecordFault) -> UpstreamBlame {
        let upstream = try reader.text(upTo: 1024)
        guard let action = TripAction(rawValue: try reader.text(upTo: 64)) else { throw TripRecordFault() }
        let cause = try reader.text(upTo: textLimit)
        let since = try reader.moment()
        var paths: [TripPath] = []
        for _ in 0..<(try reader.count(upTo: pathLimit)) { paths.append(try reader.path()) }
        return UpstreamBlame(upstream: upstream, action: action, cause: cause, since: since, paths: paths)
    }

    private static func verdict(_ reader: inout TripRecordReader) throws(TripRecordFault) -> Verdict {
        let path = try reader.path()
        guard let verdict = TripVerdict(rawValue: try reader.text(upTo: 64)) else { throw TripRecordFault() }
        let cause = try reader.text(upTo: textLimit)
        return Verdict(path, verdict, cause: cause, since: try reader.moment())
    }
}
