internal import Mail
package import Spool

/// Reads one run. Used by one thread.
package final class RunReader {
    package let header: RunHeader
    private let file: any RunSource
    private var directory: [(row: Int, offset: Int)]?
    /// The block read last, whole and with its records' places.
    private var block: (number: Int, bytes: [UInt8], records: [Range<Int>])?
    /// Pages that were read, by their offset.
    private var pages: [Int: [UInt8]] = [:]

    /// - Throws: ``SpoolError`` `missing` if the file is gone, `corrupt` if it is no run.
    package convenience init(path: String, files: any FileLayer) throws(SpoolError) {
        try self.init(HistoryFile(reading: path, files))
    }

    /// - Throws: ``SpoolError`` `corrupt` if it is no run.
    package init(_ file: any RunSource) throws(SpoolError) {
        self.file = file
        let bytes = try file.read(RunHeader.size, at: 0)
        guard let header = bytes.withUnsafeBytes({ RunHeader($0) }) else {
            throw SpoolError(.corrupt, "\(file.path) does not begin as a run of history does")
        }
        self.header = header
    }

    // MARK: Records

    /// Shows the record in this place to `body`.
    ///
    /// - Returns: nil if there is none.
    package func with<Result>(_ row: Int, _ body: (UnsafeRawBufferPointer) -> Result) throws(SpoolError) -> Result? {
        let number = try blockNumber(of: row)
        let (first, _) = try list()[number]
        try load(number)
        guard let block, block.records.indices.contains(row - first) else { return nil }
        return block.bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0[block.records[row - first]])) }
    }

    /// Which block has a record.
    func blockNumber(of row: Int) throws(SpoolError) -> Int {
        let directory = try list()
        var (low, high) = (0, directory.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if directory[middle].row <= row { low = middle } else { high = middle }
        }
        guard !directory.isEmpty else { throw SpoolError(.corrupt, "\(file.path) has no blocks") }
        return low
    }

    /// Shows each record of a block to `body`, the last one first, with its place in the run.
    ///
    /// - Throws: ``SpoolError`` `corrupt` if the block is damaged.
    func forEachRecord(
        ofBlock number: Int, _ body: (Int, UnsafeRawBufferPointer) -> Void
    ) throws(SpoolError) {
        let first = try list()[number].row
        try load(number)
        guard let block else { return }
        block.bytes.withUnsafeBytes { bytes in
            for (place, range) in block.records.enumerated().reversed() {
                body(first + place, UnsafeRawBufferPointer(rebasing: bytes[range]))
            }
        }
    }

    /// Blocks, with the place of the first record of each.
    func list() throws(SpoolError) -> [(row: Int, offset: Int)] {
        if let directory { return directory }
        let bytes = try file.read(header.blocks * 16 + 8, at: header.directory)
        let list: [(row: Int, offset: Int)]? = bytes.withUnsafeBytes { bytes in
            guard let body = Checksum.checked(bytes) else { return nil }
            return (0..<header.blocks).map { number in
                let word = { Int(body.loadUnaligned(fromByteOffset: number * 16 + $0, as: UInt64.self).littleEndian) }
                return (word(0), word(8))
            }
        }
        guard let list else { throw SpoolError(.corrupt, "the list of blocks of \(file.path) is damaged") }
        directory = list
        return list
    }

    private func load(_ number: Int) throws(SpoolError) {
        guard block?.number != number else { return }
        block = nil
        let directory = try list()
        let end = number + 1 < directory.count ? directory[number + 1].offset : header.directory
        let bytes = try file.read(max(0, end - directory[number].offset), at: directory[number].offset)
        let records: [Range<Int>]? = bytes.withUnsafeBytes { bytes in
            guard let body = Checksum.checked(bytes) else { return nil }
            var (records, sequence) = ([Range<Int>](), RecordSequence(body))
            while let octets = sequence.next() {
                guard let start = octets.baseAddress.map({ $0 - bytes.baseAddress! }) else {
                    records.append(0..<0)
                    continue
                }
                records.append(start..<start + octets.count)
            }
            return records
        }
        guard let records else {
            throw SpoolError(.corrupt, "block \(number) of \(file.path) is damaged")
        }
        block = (number, bytes, records)
    }

    // MARK: Lists

    /// Places in the run of the records with this hash, newest first, before `row`.
    ///
    /// - Returns: nil if the lists of this run were made with another key.
    package func rows(
        with hash: UInt64, _ kind: IndexKind, before row: Int, key: KeyedHash
    ) throws(SpoolError) -> RunRows? {
        guard header.keyMark == key.mark || kind == .queueID else { return nil }
        let start = try place(of: IndexPage.Entry(hash: hash, row: 0), kind)
        let end = try place(of: IndexPage.Entry(hash: hash, row: UInt32(clamping: row)), kind)
        return RunRows(kind: kind, range: start..<end)
    }

    func row(_ number: Int, _ kind: IndexKind) throws(SpoolError) -> Int {
        Int(try entry(number, kind).row)
    }

    /// Number of the first entry that is not less.
    private func place(of wanted: IndexPage.Entry, _ kind: IndexKind) throws(SpoolError) -> Int {
        var (low, high) = (0, header.sections[kind.rawValue].entries)
        while low < high {
            let middle = (low + high) / 2
            if try entry(middle, kind) < wanted { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func entry(_ number: Int, _ kind: IndexKind) throws(SpoolError) -> IndexPage.Entry {
        let offset = header.sections[kind.rawValue].offset + number / IndexPage.entries * IndexPage.size
        if pages[offset] == nil {
            let bytes = try file.read(IndexPage.size, at: offset)
            guard bytes.withUnsafeBytes({ Checksum.checked($0) != nil }) else {
                throw SpoolError(.corrupt, "a list of \(file.path) is damaged")
            }
            if pages.count > 64 { pages.removeAll(keepingCapacity: true) }
            pages[offset] = bytes
        }
        return pages[offset]!.withUnsafeBytes { IndexPage.entry(number % IndexPage.entries, of: $0) }
    }
}

/// Entries of one list of a run.
package struct RunRows: Hashable, Sendable {
    let kind: IndexKind
    let range: Range<Int>
}
