/// Appends content to one segment after another; used by one thread.
struct SegmentAppender {
    private let store: SegmentStore
    private var current: SegmentFile?
    private var position = 0
    private var dirty: [SegmentFile] = []

    init(store: SegmentStore) {
        self.store = store
    }

    /// Numbers of the segments with unsynced octets.
    var unsynced: Set<Int> { Set(dirty.map(\.number)) }

    /// Whether more than half of the current segment is used, so that the next one should be prepared.
    var isHalfFull: Bool { current.map { position * 2 > $0.size } ?? false }

    /// Has a segment ready that this many octets fit into.
    ///
    /// - Throws: ``SpoolError`` `full` if the volume does not bear another one: nothing has failed, and fewer octets may
    ///   fit.
    mutating func makeRoom(_ octets: Int) throws(SpoolError) {
        _ = try segment(octets)
    }

    /// Appends octets; they are pending.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) -> Extent {
        let file = try segment(bytes.count)
        if dirty.last !== file { dirty.append(file) }
        try file.write(bytes, at: position)
        let extent = Extent(segment: file.number, offset: position, length: bytes.count)
        position += bytes.count
        store.written(extent)
        SpoolStep.reached(.afterSegmentWrite)
        return extent
    }

    /// Makes everything appended durable that a message may get. What was given up needs no sync: maintenance may have
    /// removed its file.
    ///
    /// After a failure the kernel may have dropped the octets and would report success next time, so nothing in
    /// ``unsynced`` can be trusted: the caller drops it, and calls ``abandonSegments()``.
    mutating func sync() throws(SpoolError) {
        for file in dirty where store.isInUse(file.number) { try file.sync() }
        dirty.removeAll(keepingCapacity: true)
        SpoolStep.reached(.afterSegmentSync)
    }

    /// Continues in another segment.
    mutating func abandonSegments() {
        dirty.removeAll()
        seal()
    }

    /// Seals the current segment.
    mutating func seal() {
        guard let current else { return }
        store.seal(current.number)
        self.current = nil
    }

    private mutating func segment(_ octets: Int) throws(SpoolError) -> SegmentFile {
        if let current, position + octets <= current.size { return current }
        // One that holds only what was given up can be overwritten.
        if let current, !store.isInUse(current.number) { seal() }
        let file = try store.openSegment(for: octets)
        seal()
        current = file
        position = 0
        return file
    }
}
