internal import History
internal import Mail
internal import Spool

/// A run in the database, read by pieces as they are needed. Used by one thread.
final class PostgresRun: RunSource {
    /// Octets of a part; the last one may have fewer.
    static let partSize = 64 << 10
    /// Octets that come along when a run is opened: its header.
    static let headSize = 512
    /// Whole parts that are kept.
    private static let cacheLimit = 4

    let path: String
    private let first: Int
    private let run: Int
    private let octets: Int
    private let head: [UInt8]
    private let source: RunSession
    /// Whole parts, the one used last at the end.
    private var parts: [(number: Int, bytes: [UInt8])] = []
    /// What was read last: a reader that goes on next to it is going through the run, and gets whole parts.
    private var last = 0..<0

    /// - Throws: ``SpoolError`` `missing` if no run begins with this entry.
    init(_ name: RunName, _ source: RunSession) throws(SpoolError) {
        let rows = try source.ask(RunStatements.open, [.integer(name.first)])
        guard rows.count > 0 else { throw SpoolError(.missing, "\(name) is gone") }
        path = name.description
        (first, run, octets) = (name.first, rows.integer(0, 0), rows.integer(0, 1))
        head = rows.isNull(0, 2) ? [] : rows.bytes(0, 2)
        self.source = source
    }

    func read(_ count: Int, at offset: Int) throws(SpoolError) -> [UInt8] {
        let end = offset.addingReportingOverflow(count)
        // What a damaged header says may be anything.
        guard count >= 0, offset >= 0, !end.overflow, end.partialValue <= max(octets, head.count) else {
            throw SpoolError(.corrupt, "\(path) ends before octet \(end.partialValue)")
        }
        let range = offset..<end.partialValue
        defer { last = range }
        if range.upperBound <= head.count { return Array(head[range]) }
        let goesOn = !last.isEmpty && (range.upperBound == last.lowerBound || range.lowerBound == last.upperBound)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var start = range.lowerBound
        while start < range.upperBound {
            let number = start / Self.partSize
            let piece = start..<min(range.upperBound, (number + 1) * Self.partSize)
            try append(piece, ofPart: number, isWhole: goesOn, to: &bytes)
            start = piece.upperBound
        }
        return bytes
    }

    private func append(
        _ range: Range<Int>, ofPart number: Int, isWhole: Bool, to bytes: inout [UInt8]
    ) throws(SpoolError) {
        let start = range.lowerBound - number * Self.partSize
        if let place = parts.firstIndex(where: { $0.number == number }) {
            parts.append(parts.remove(at: place))
        } else if isWhole {
            let rows = try source.ask(RunStatements.part, [.integer(run), .integer(number)])
            try check(rows)
            if parts.count == Self.cacheLimit { parts.removeFirst() }
            parts.append((number, rows.bytes(0, 0)))
        } else {
            let rows = try source.ask(
                RunStatements.piece, [.integer(run), .integer(number), .integer(start), .integer(range.count)])
            try check(rows)
            let octets = rows.bytes(0, 0)
            guard octets.count == range.count else { throw ends(number) }
            return bytes.append(contentsOf: octets)
        }
        let part = parts[parts.count - 1].bytes
        guard part.count >= start + range.count else { throw ends(number) }
        bytes.append(contentsOf: part[start..<start + range.count])
    }

    private func ends(_ part: Int) -> SpoolError {
        SpoolError(.corrupt, "part \(part) of \(path) has too few octets")
    }

    /// A part that is not there was lost, or has gone with the run.
    private func check(_ rows: any PostgresRows) throws(SpoolError) {
        guard rows.count == 0 else { return }
        let now = try source.ask(RunStatements.number, [.integer(first)])
        guard now.count > 0, now.integer(0, 0) == run else { throw SpoolError(.missing, "\(path) is gone") }
        throw SpoolError(.corrupt, "\(path) lacks a part")
    }
}

/// A run is named after its entries; the first one is enough to find it.
struct RunName: Hashable, Sendable, CustomStringConvertible {
    let first: Int
    let last: Int

    var description: String { "run \(first)-\(last) in the database" }

    init(_ first: Int, _ last: Int) { (self.first, self.last) = (first, last) }

    /// - Parameter text: a ``description``.
    init?(_ text: String) {
        let words = text.split(separator: " ")
        guard words.count > 1 else { return nil }
        let numbers = words[1].split(separator: "-").compactMap { Int($0) }
        guard numbers.count == 2 else { return nil }
        self.init(numbers[0], numbers[1])
    }
}
