package import Mail

/// What has happened since a history was written whole.
///
/// A history of 10 paths has some 6.5 MB after three years, which is too much to be written every few minutes. So what
/// happens is appended to a journal, some 90 octets at a time, and the history is written again when the journal has
/// become large. The journal names the history that it continues by its checksum: if the relay dies after it has
/// written the history, and before it has begun the next journal, nothing is counted twice.
///
/// An entry is its length, its content, and four octets of a checksum over both. What a crash has left unfinished at
/// the end is not read.
package enum TripJournal {
    /// What was found in a journal.
    package struct Reading: Hashable, Sendable {
        /// Entries that were applied.
        package let entries: Int
        /// Octets up to the first one that is not whole: the file is to be cut there before it is continued.
        package let length: Int

        package init(entries: Int, length: Int) { (self.entries, self.length) = (entries, length) }
    }

    private enum Kind {
        static let fact = 1
        static let change = 2
    }

    private static let letters = Array("PHRJ".utf8)
    private static let version = 1
    private static let headLength = letters.count + 1 + 8
    private static let entryLimit = 16 << 10
    private static let checkLength = 4

    /// Whether it is time to write the history again, and to begin a new journal.
    package static func isFull(_ length: Int, history: Int) -> Bool { length > max(1 << 20, history / 4) }

    // MARK: - Writing

    /// The beginning of the journal that continues a history.
    ///
    /// - Parameter history: as it is on disk; empty for none.
    package static func opening(behind history: [UInt8]) -> [UInt8] {
        letters + [UInt8(version)] + mark(of: history)
    }

    /// - Parameter now: as for ``TripHistory/record(_:now:)``.
    package static func entry(_ fact: TripFact, now: Timestamp) -> [UInt8] {
        entry { writer in
            writer.put(Kind.fact)
            writer.put(fact.path)
            writer.put(signed: fact.sentAt.milliseconds)
            writer.put(signed: now.milliseconds)
            TripFactRecord.put(fact.kind, to: &writer)
        }
    }

    package static func entry(_ change: TripChange) -> [UInt8] {
        entry { writer in
            writer.put(Kind.change)
            writer.put(change.path)
            writer.put(optional: change.from?.rawValue)
            writer.put(change.to.rawValue)
            writer.put(String(change.cause.prefix(500)))
            writer.put(signed: change.at.milliseconds)
        }
    }

    private static func entry(_ write: (inout TripRecordWriter) -> Void) -> [UInt8] {
        var (content, writer) = (TripRecordWriter(), TripRecordWriter())
        write(&content)
        writer.put(block: content.octets)
        return writer.octets + checksum(writer.octets[...])
    }

    // MARK: - Reading

    /// Applies what a journal has.
    ///
    /// - Parameters:
    ///   - octets: all of the file.
    ///   - file: the history as it is on disk; empty for none.
    /// - Returns: nil if it continues another history, or has hardly been begun: then a new one is to be begun.
    /// - Throws: if it is none, or a later version of the relay has written it.
    package static func replay(
        _ octets: [UInt8], behind file: [UInt8], onto history: inout TripHistory
    ) throws(TripFileError) -> Reading? {
        guard octets.count >= headLength else { return nil }
        guard octets.starts(with: letters) else {
            throw TripFileError(.damaged, "the journal of round trips is damaged")
        }
        guard octets[letters.count] == version else {
            throw TripFileError(
                .unknownVersion,
                "the journal of round trips has version \(octets[letters.count]), this relay knows \(version)")
        }
        guard octets[(headLength - 8)..<headLength].elementsEqual(mark(of: file)) else { return nil }
        var rest = octets[headLength...]
        var entries = 0
        while let (content, length) = entry(in: rest), (try? apply(content, to: &history)) != nil {
            rest = rest.dropFirst(length)
            entries += 1
        }
        return Reading(entries: entries, length: octets.count - rest.count)
    }

    /// The first entry, and how many octets it takes; nil if it is not whole.
    private static func entry(in octets: ArraySlice<UInt8>) -> (content: ArraySlice<UInt8>, length: Int)? {
        var reader = TripRecordReader(octets)
        guard let content = try? reader.block(upTo: entryLimit) else { return nil }
        let length = content.endIndex - octets.startIndex
        guard let check = try? reader.take(checkLength), check.elementsEqual(checksum(octets.prefix(length))) else {
            return nil
        }
        return (content, length + checkLength)
    }

    private static func apply(_ content: ArraySlice<UInt8>, to history: inout TripHistory) throws(TripRecordFault) {
        var reader = TripRecordReader(content)
        let kind = try reader.count(upTo: Kind.change)
        let path = try reader.path()
        switch kind {
        case Kind.fact:
            let (sentAt, now) = (try reader.moment(), try reader.moment())
            let fact = TripFact(path: path, sentAt: sentAt, kind: try TripFactRecord.kind(&reader))
            guard reader.isAtEnd else { throw TripRecordFault() }
            history.record(fact, now: now)
        case Kind.change:
            let change = try change(of: path, &reader)
            guard reader.isAtEnd else { throw TripRecordFault() }
            history.record(change)
        default: throw TripRecordFault()
        }
    }

    private static func change(
        of path: TripPath, _ reader: inout TripRecordReader
    ) throws(TripRecordFault) -> TripChange {
        let before = try reader.optionalText(upTo: 64)
        let from = before.flatMap { TripVerdict(rawValue: $0) }
        guard let to = TripVerdict(rawValue: try reader.text(upTo: 64)), (from == nil) == (before == nil) else {
            throw TripRecordFault()
        }
        let cause = try reader.text(upTo: 4096)
        return TripChange(path: path, from: from, to: to, cause: cause, at: try reader.moment())
    }

    // MARK: - Checksums

    /// A history on disk ends with its checksum.
    private static func mark(of history: [UInt8]) -> [UInt8] {
        history.count < 8 ? Array(repeating: 0, count: 8) : Array(history.suffix(8))
    }

    private static func checksum(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        Array(TripFile.checksum(octets).prefix(checkLength))
    }
}
