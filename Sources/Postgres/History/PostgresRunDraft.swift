internal import History
internal import Mail
internal import Spool

/// A run on its way into the database. What is complete is written in short transactions, so that none holds back the
/// cleaning of other tables.
final class PostgresRunDraft: RunDraft {
    private let source: RunSession
    private let run: Int
    /// The part that begins with the header, which comes last.
    private var firstPart: [UInt8] = []
    /// The part that is being filled.
    private var part: [UInt8] = []
    private var number = 0

    init(_ source: RunSession) throws(SpoolError) {
        self.source = source
        run = try source.ask(RunStatements.next).integer(0, 0)
    }

    private var end: Int { number * PostgresRun.partSize + part.count }

    func write(_ bytes: [UInt8], at offset: Int) throws(SpoolError) {
        if offset == 0, !bytes.isEmpty, end > 0 { return replaceHead(bytes) }
        // The room of the header.
        if end == 0 { part = [UInt8](repeating: 0, count: offset) }
        precondition(offset == end, "a run is written from its header on")
        var (rest, full) = (bytes[...], [(number: Int, bytes: [UInt8])]())
        while !rest.isEmpty {
            let taken = rest.prefix(PostgresRun.partSize - part.count)
            part.append(contentsOf: taken)
            rest.removeFirst(taken.count)
            if part.count == PostgresRun.partSize { complete(&full) }
        }
        if !full.isEmpty { _ = try source.run([query(full)]) }
    }

    private func replaceHead(_ bytes: [UInt8]) {
        if number == 0 {
            part.replaceSubrange(0..<bytes.count, with: bytes)
        } else {
            firstPart.replaceSubrange(0..<bytes.count, with: bytes)
        }
    }

    private func complete(_ full: inout [(number: Int, bytes: [UInt8])]) {
        if number == 0 { firstPart = part } else { full.append((number, part)) }
        number += 1
        part.removeAll(keepingCapacity: true)
    }

    private func query(_ parts: [(number: Int, bytes: [UInt8])]) -> PostgresQuery {
        var bytes = PostgresArray(.bytes)
        bytes.reserve(octets: parts.reduce(0) { $0 + $1.bytes.count + 4 })
        for part in parts { bytes.append(octets: part.bytes) }
        return PostgresQuery(
            RunStatements.write, [.integer(run), .array(PostgresArray(parts.map(\.number))), .array(bytes)])
    }

    /// Each transaction is durable with its end.
    func sync() {}

    func publish(_ header: RunHeader) throws(SpoolError) -> Run {
        var rest: [(number: Int, bytes: [UInt8])] = number > 0 ? [(0, firstPart)] : []
        if !part.isEmpty { rest.append((number, part)) }
        let parts = number + (part.isEmpty ? 0 : 1)
        let publish: [PostgresValue] = [
            .integer(header.first), .integer(header.last), .integer(end), .integer(run), .integer(parts),
        ]
        let rows = try source.run([
            query(rest), PostgresQuery(RunStatements.publish, publish),
            PostgresQuery(RunStatements.number, [.integer(header.first)]),
        ])
        let name = RunName(header.first, header.last)
        guard rows[2].count > 0, rows[2].integer(0, 0) == run else {
            throw SpoolError(
                .inputOutput, "cannot write \(name): another relay has removed a part, or has written it anew")
        }
        return Run(header, at: name.description)
    }

    func discard() { _ = try? source.ask(RunStatements.discard, [.integer(run)]) }
}
