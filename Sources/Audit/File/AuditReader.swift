internal import Mail

/// Reads an audit log, of a running relay up to what it has written, or of a stopped one.
package struct AuditReader: Sendable {
    private enum Source: Sendable {
        /// - Parameter length: octets to read; nil for all.
        case file(path: String, length: Int?)
        /// - Parameter last: number of the last line to read; nil for all.
        case rows(any AuditRows, last: Int?)
    }

    private let source: Source
    private let keyPath: String
    private let storage = SystemAuditStorage()

    private static let partSize = 256 << 10
    private static let rowsAtOnce = 500

    /// - Parameter length: octets to read; nil for all.
    /// - Throws: ``AuditError`` if there is no log, or it may not be read.
    package init(directory: String, length: Int? = nil) throws(AuditError) {
        let path = "\(directory)/\(AuditFile.name)"
        source = .file(path: path, length: length)
        keyPath = "\(directory)/\(AuditFile.keyName)"
        storage.close(try opened(path))
    }

    /// - Parameter last: number of the last line to read; nil for all.
    init(_ rows: any AuditRows, keyPath: String, upTo last: Int?) throws(AuditError) {
        source = .rows(rows, last: last)
        self.keyPath = keyPath
        guard try rows.last() == nil else { return }
        guard try storage.read(keyPath, limit: 1) != nil else {
            throw AuditError(.system, "there is no audit log in \(rows.place)")
        }
        throw AuditError(
            .missing, "there is no audit log in \(rows.place), although its key is there: it has been taken away")
    }

    private func opened(_ path: String) throws(AuditError) -> Int32 {
        guard let descriptor = try storage.openToRead(path) else {
            guard try storage.read(keyPath, limit: 1) != nil else {
                throw AuditError(.system, "there is no audit log at \(path)")
            }
            throw AuditError(
                .missing, "there is no audit log at \(path), although its key is there: it has been taken away")
        }
        return descriptor
    }

    /// The records that match, oldest first; lines that are no records are left out.
    package func records(_ filter: AuditFilter) throws -> [AuditRecord] {
        try numberedRecords(filter).map(\.record)
    }

    /// The same, each with the number of its line, from 1.
    package func numberedRecords(_ filter: AuditFilter) throws -> [(number: Int, record: AuditRecord)] {
        var found: [(number: Int, record: AuditRecord)] = []
        let (most, end) = (filter.limit ?? .max, filter.before ?? .max)
        var number = 0
        _ = try forEachLine { line in
            number += 1
            guard number < end, let record = AuditLine.recordBehindHole(line), filter.matches(record) else { return }
            found.append((number, record))
            // Kept short, a part at a time.
            if found.count / 2 >= most { found.removeFirst(found.count - most) }
        }
        return Array(found.suffix(most))
    }

    /// - Parameter wanted: a head noted earlier.
    /// - Throws: ``AuditError`` if the log or its key cannot be read.
    package func verify(wanted: AuditHash? = nil) throws(AuditError) -> AuditVerification {
        guard let key = try AuditKey.read(keyPath, storage) else {
            throw AuditError(.key, "\(keyPath) is missing: without it nothing can be verified")
        }
        var verification = AuditVerification(key: key, wanted: wanted)
        let rest = try forEachLine { verification.take($0) }
        verification.end(rest: rest[...])
        return verification
    }

    /// - Returns: what follows the last line end.
    private func forEachLine(_ body: (ArraySlice<UInt8>) -> Void) throws(AuditError) -> [UInt8] {
        switch source {
        case .file(let path, let length): return try forEachLine(of: path, length, body)
        case .rows(let rows, let last):
            try forEachRow(of: rows, upTo: last ?? .max, body)
            return []
        }
    }

    private func forEachRow(
        of rows: any AuditRows, upTo last: Int, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(AuditError) {
        var number = 0
        while true {
            let part = try rows.rows(after: number, limit: Self.rowsAtOnce)
            for row in part where row.number <= last { body(row.line[...]) }
            guard part.count == Self.rowsAtOnce, let end = part.last, end.number < last else { return }
            number = end.number
        }
    }

    private func forEachLine(
        of path: String, _ length: Int?, _ body: (ArraySlice<UInt8>) -> Void
    ) throws(AuditError) -> [UInt8] {
        let descriptor = try opened(path)
        defer { storage.close(descriptor) }
        let size = try storage.size(of: descriptor)
        let end = min(length ?? size, size)
        var (offset, held) = (0, [UInt8]())
        while offset < end {
            let part = try storage.read(descriptor, at: offset, count: min(Self.partSize, end - offset))
            guard !part.isEmpty else { break }
            offset += part.count
            held += part
            var rest = held[...]
            while let lineEnd = rest.firstIndex(of: 0x0A) {
                body(rest[..<lineEnd])
                rest = rest[(lineEnd + 1)...]
            }
            held = Array(rest)
        }
        return held
    }
}
