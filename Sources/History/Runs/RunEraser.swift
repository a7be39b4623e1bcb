internal import Mail
internal import Spool
internal import Suppression

/// Takes an address out of records; their outcomes stay.
struct RunEraser {
    private let address: String
    private let key: UInt64
    private let opened: HistoryStore.Opened
    private let addresses: HistoryAddress
    /// Recipients that the address was taken from.
    private(set) var erased = 0
    /// What is wrong with runs that are left alone, by their paths.
    private(set) var damage: [String: String] = [:]
    /// Runs that were moved away.
    private(set) var gone: [Run] = []

    init(_ address: String, _ opened: HistoryStore.Opened) {
        self.address = address
        self.opened = opened
        addresses = HistoryAddress(opened.hash)
        key = addresses.key(of: address)
    }

    /// Whether the address is in the spool, behind this entry.
    func isIn(_ reader: any DepartureRows, after last: Int) throws(SpoolError) -> Bool {
        try count(in: reader, after: last) > 0
    }

    /// How many recipients have it.
    mutating func count(in reader: any DepartureRows, _ store: HistoryStore) throws(SpoolError) -> Int {
        var count = try count(in: reader, after: store.lastMoved)
        for run in store.runs {
            do throws(SpoolError) {
                count += try self.count(in: run)
            } catch {
                try leave(run, error)
            }
        }
        return count
    }

    private func count(in run: Run) throws(SpoolError) -> Int {
        let file = try RunReader(opened.place.open(run.path))
        guard try isIn(file) else { return 0 }
        var count = 0
        for block in 0..<file.header.blocks {
            try file.forEachRecord(ofBlock: block) { _, octets in count += self.count(in: octets) }
        }
        return count
    }

    /// A damaged run is left alone, and noted; one that was moved away has nothing to erase.
    ///
    /// - Throws: any other error.
    private mutating func leave(_ run: Run, _ error: SpoolError) throws(SpoolError) {
        guard error.code != .missing else { return gone.append(run) }
        guard error.code == .corrupt else { throw error }
        damage[run.path] = error.message
    }

    private func count(in reader: any DepartureRows, after last: Int) throws(SpoolError) -> Int {
        var (count, last) = (0, last)
        while true {
            let batches = try reader.batches(after: last, limit: 16)
            guard let end = batches.last?.last else { return count }
            for batch in batches {
                batch.entries.withUnsafeBytes { bytes in
                    var records = RecordSequence(bytes)
                    while let octets = records.next() { count += self.count(in: octets) }
                }
            }
            last = end
        }
    }

    private func count(in octets: UnsafeRawBufferPointer) -> Int {
        var count = 0
        RecordView(octets)?.forEachRecipient { recipient in
            if !recipient.address.isEmpty, addresses.key(of: recipient.address) == key { count += 1 }
            return true
        }
        return count
    }

    /// Numbers of the entries in a run that have it.
    mutating func numbers(in run: Run) throws(SpoolError) -> [Int] {
        do throws(SpoolError) {
            return try found(in: run)
        } catch {
            try leave(run, error)
            return []
        }
    }

    private func found(in run: Run) throws(SpoolError) -> [Int] {
        let file = try RunReader(opened.place.open(run.path))
        guard try isIn(file) else { return [] }
        var numbers: [Int] = []
        for block in 0..<file.header.blocks {
            try file.forEachRecord(ofBlock: block) { row, octets in
                if count(in: octets) > 0 { numbers.append(file.header.first + row) }
            }
        }
        return numbers
    }

    /// Whether a run may have it.
    private func isIn(_ file: RunReader) throws(SpoolError) -> Bool {
        guard let rows = try file.rows(with: key, .recipient, before: .max, key: opened.hash) else { return true }
        return !rows.range.isEmpty
    }

    /// Writes a run anew without the address.
    ///
    /// - Returns: the new one; nil if it has not had the address.
    mutating func erase(from run: Run) throws(SpoolError) -> Run? {
        let before = erased
        do throws(SpoolError) {
            return try rewrite(run)
        } catch {
            erased = before
            try leave(run, error)
            return nil
        }
    }

    private mutating func rewrite(_ run: Run) throws(SpoolError) -> Run? {
        let file = try RunReader(opened.place.open(run.path))
        guard try isIn(file) else { return nil }
        let draft = try opened.place.draft()
        do throws(SpoolError) {
            let writer = RunWriter(draft, first: run.header.first, hash: opened.hash)
            for block in 0..<file.header.blocks { try copy(block, of: file, to: writer) }
            return try draft.publish(try writer.finish())
        } catch {
            draft.discard()
            throw error
        }
    }

    private mutating func copy(_ block: Int, of file: RunReader, to writer: RunWriter) throws(SpoolError) {
        var records: [[UInt8]] = []
        var found = 0
        try file.forEachRecord(ofBlock: block) { _, octets in
            let count = count(in: octets)
            found += count
            records.append(count > 0 ? without(octets) : Array(octets))
        }
        erased += found
        for record in records.reversed() {
            let result: Result<Void, SpoolError> = record.withUnsafeBytes { bytes in
                do throws(SpoolError) {
                    return .success(try writer.add(bytes))
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }
    }

    /// How the address may be written in replies, the longest first: as the client gave it, as somebody asks for it, and in
    /// normal form.
    private func forms(in record: HistoryRecord) -> [String] {
        let given = record.recipients.compactMap(\.address).filter { addresses.key(of: $0) == key }
        return Set(given + [address, NormalAddress.text(address)]).sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    }

    private func without(_ octets: UnsafeRawBufferPointer) -> [UInt8] {
        guard var record = RecordView(octets)?.record else { return Array(octets) }
        let forms = forms(in: record)
        for index in record.recipients.indices {
            let reply = record.recipients[index].reply
            record.recipients[index].reply = reply.map { forms.reduce($0) { HistoryAddress.without($1, in: $0) } }
            if record.recipients[index].address.map({ addresses.key(of: $0) }) == key {
                record.recipients[index].address = nil
            }
        }
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        return bytes.withUnsafeBytes { bytes in
            var records = RecordSequence(bytes)
            return records.next().map { Array($0) } ?? []
        }
    }
}
