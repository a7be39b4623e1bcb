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
    var isHalfFull: Bool { position * 2 > store.tuning.segmentSize }

    /// Appends octets; they are pending. The file exceeds its size by at most one call's octets.
    mutating func append(_ bytes: UnsafeRawBufferPointer) throws(SpoolError) -> Extent {
        let file = try segment()
        if dirty.last !== file { dirty.append(file) }
        try file.write(bytes, at: position)
        let extent = Extent(segment: file.number, offset: position, length: bytes.count)
        position += bytes.count
        store.written(extent)
        SpoolStep.reached(.afterSegmentWrite)
        return extent
    }

    /// Makes everything appended durable.
    ///
    /// After a failure the kernel may have dropped the octets and would report success next time, so nothing in
    /// ``unsynced`` can be trusted: the caller drops it, and calls ``abandonSegments()``.
    mutating func sync() throws(SpoolError) {
        for file in dirty { try file.sync() }
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

    private mutating func segment() throws(SpoolError) -> SegmentFile {
        if let current, position < store.tuning.segmentSize { return current }
        seal()
        let file = try store.openSegment()
        current = file
        position = 0
        return file
    }
}
