internal import Mail
package import Spool

/// Writes a run: records in blocks, the list of the blocks, a sorted list of hashes for each kind of key, and at last the
/// header.
package final class RunWriter {
    /// A block ends with this many records, or octets.
    static let blockRecords = 64
    static let blockOctets = 32 << 10

    private let file: any RunSink
    private let hash: KeyedHash
    private let addresses: HistoryAddress
    private var header = RunHeader()
    private var offset = RunHeader.size
    private var buffer: [UInt8] = []
    private var block: [UInt8] = []
    private var blockCount = 0
    private var directory: [UInt8] = []
    private var lists = [[IndexPage.Entry]](repeating: [], count: IndexKind.allCases.count)

    /// Creates a file.
    ///
    /// - Parameter first: number of the first entry.
    package convenience init(path: String, first: Int, hash: KeyedHash, files: any FileLayer) throws(SpoolError) {
        self.init(try HistoryFile(creating: path, files), first: first, hash: hash)
    }

    /// - Parameter first: number of the first entry.
    package init(_ file: any RunSink, first: Int, hash: KeyedHash) {
        self.file = file
        self.hash = hash
        addresses = HistoryAddress(hash)
        header.first = first
        header.keyMark = hash.mark
    }

    package var count: Int { header.count }

    /// Whether it is as large as a run should be.
    func isFull(_ tuning: HistoryTuning) -> Bool {
        count >= tuning.runEntries || offset >= 2 * tuning.runOctets
            || lists[IndexKind.recipient.rawValue].count >= 8 * tuning.runEntries
    }

    /// Adds the records of a batch; what is none counts, so that the numbers of the others stay right.
    ///
    /// - Parameter count: how many there are.
    package func add(_ entries: [UInt8], count: Int) throws(SpoolError) {
        let end = header.count + count
        let result: Result<Void, SpoolError> = entries.withUnsafeBytes { bytes in
            var sequence = RecordSequence(bytes)
            do throws(SpoolError) {
                while header.count < end, let octets = sequence.next() { try add(octets) }
                while header.count < end { try add(UnsafeRawBufferPointer(start: nil, count: 0)) }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    /// Adds a record, without its length.
    package func add(_ octets: UnsafeRawBufferPointer) throws(SpoolError) {
        let row = UInt32(header.count)
        if let record = RecordView(octets) { note(record, row) }
        RecordWriter.put(octets.count, to: &block)
        block.append(contentsOf: octets)
        header.count += 1
        blockCount += 1
        if blockCount == Self.blockRecords || block.count >= Self.blockOctets { try endBlock() }
    }

    private func note(_ record: RecordView, _ row: UInt32) {
        header.received = Self.range(header.received, with: record.receivedAt, isFirst: row == 0)
        header.finished = Self.range(header.finished, with: record.finishedAt, isFirst: row == 0)
        add(UInt64(bitPattern: record.queueID.rawValue), .queueID, row)
        add(hash.of(MessageIDText.bare(record.messageID)), .messageID, row)
        if !record.sender.isEmpty { add(addresses.key(of: record.sender), .sender, row) }
        if !record.user.isEmpty { add(hash.of(record.user), .user, row) }
        record.forEachRecipient { recipient in
            if !recipient.address.isEmpty { add(addresses.key(of: recipient.address), .recipient, row) }
            let stream = IndexPage.Entry(hash: hash.of(recipient.stream), row: row)
            if lists[IndexKind.stream.rawValue].last != stream { lists[IndexKind.stream.rawValue].append(stream) }
            return true
        }
    }

    private func add(_ key: UInt64, _ kind: IndexKind, _ row: UInt32) {
        lists[kind.rawValue].append(IndexPage.Entry(hash: key, row: row))
    }

    private static func range(
        _ range: ClosedRange<Timestamp>, with moment: Timestamp, isFirst: Bool
    ) -> ClosedRange<Timestamp> {
        if isFirst || range.lowerBound.milliseconds == .max { return moment...moment }
        return min(range.lowerBound, moment)...max(range.upperBound, moment)
    }

    private func endBlock() throws(SpoolError) {
        guard blockCount > 0 else { return }
        Self.append(UInt64(header.count - blockCount), to: &directory)
        Self.append(UInt64(offset + buffer.count), to: &directory)
        Self.append(Checksum.of(block), to: &block)
        buffer.append(contentsOf: block)
        block.removeAll(keepingCapacity: true)
        blockCount = 0
        header.blocks += 1
        if buffer.count >= 256 << 10 { try flush() }
    }

    private static func append(_ word: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }

    private func flush() throws(SpoolError) {
        try file.write(buffer, at: offset)
        offset += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    /// Writes the rest, and syncs all of it.
    package func finish() throws(SpoolError) -> RunHeader {
        try endBlock()
        header.directory = offset + buffer.count
        Self.append(Checksum.of(directory), to: &directory)
        buffer.append(contentsOf: directory)
        for place in lists.indices { try writeList(place) }
        try flush()
        header.octets = offset
        try file.sync()
        try file.write(header.encoded, at: 0)
        try file.sync()
        return header
    }

    private func writeList(_ place: Int) throws(SpoolError) {
        var list: [IndexPage.Entry] = []
        swap(&list, &lists[place])
        list.sort()
        header.sections[place] = RunHeader.Section(offset: offset + buffer.count, entries: list.count)
        for start in stride(from: 0, to: list.count, by: IndexPage.entries) {
            buffer.append(contentsOf: IndexPage.encoded(list[start..<min(list.count, start + IndexPage.entries)]))
            if buffer.count >= 256 << 10 { try flush() }
        }
    }
}

/// The text of a Message-ID field.
enum MessageIDText {
    /// Without blanks and angle brackets around it.
    static func bare(_ octets: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var text = octets[...]
        while let first = text.first, first == UInt8(ascii: " ") || first == UInt8(ascii: "<") { text.removeFirst() }
        while let last = text.last, last == UInt8(ascii: " ") || last == UInt8(ascii: ">") { text.removeLast() }
        return UnsafeRawBufferPointer(rebasing: text)
    }
}
