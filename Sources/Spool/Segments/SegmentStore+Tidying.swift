internal import Mail
internal import Glibc

/// Segment maintenance at the start and by the maintenance thread.
extension SegmentStore {
    /// Finds the files in the directory, and counts as live what the rows refer to.
    ///
    /// Octets and files that no row refers to were left by a crash or an abandoned message: they need no repair. Such
    /// files become spare.
    ///
    /// - Parameter forEachRow: calls its argument with the extents of every row.
    func load(_ forEachRow: ((Int, [Extent]) -> Void) throws(SpoolError) -> Void) throws(SpoolError) -> [String] {
        var notices: [String] = []
        for number in try numbersOnDisk() {
            do {
                let file = try SegmentFile(existing: number, directory: directory, files: files)
                withState { state in
                    state.segments[number] = Segment(file: file, isOpen: false, used: file.size)
                    state.nextNumber = max(state.nextNumber, number + 1)
                }
            } catch {
                notices.append(error.message)
                withState { $0.nextNumber = max($0.nextNumber, number + 1) }
            }
        }
        var missing: Set<Int> = []
        try forEachRow { _, extents in
            self.withState { state in
                for extent in extents {
                    state.segments[extent.segment]?.live += extent.length
                    if state.segments[extent.segment] == nil {
                        state.nextNumber = max(state.nextNumber, extent.segment + 1)
                    }
                }
            }
            missing.formUnion(extents.map(\.segment))
        }
        let known = withState { state in
            state.hasFree = true
            return Set(state.segments.keys)
        }
        for number in missing.subtracting(known).sorted() {
            notices.append("messages point at \(SegmentFile.path(number, directory)), which cannot be read")
        }
        return notices
    }

    /// Octets of the segments that nothing needs: ``releaseSpares()`` gives them back.
    var spareOctets: Int {
        withState { state in
            Self.gather(&state, keep: tuning.spareSegments)
            return (state.spares + state.doomed).reduce(0) { $0 + $1.size }
        }
    }

    /// Whether a segment holds octets that a message has or may get.
    func isInUse(_ number: Int) -> Bool {
        withState { state in state.segments[number].map { $0.live + $0.pending > 0 } ?? false }
    }

    private func numbersOnDisk() throws(SpoolError) -> [Int] {
        guard let handle = opendir(directory) else { throw .system(errno, "list \(directory)") }
        defer { closedir(handle) }
        var numbers: [Int] = []
        while let entry = readdir(handle) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
            }
            guard name.hasSuffix(".seg"), let number = Int(name.dropLast(4)), number > 0 else { continue }
            numbers.append(number)
        }
        return numbers
    }

    /// Removes unneeded files, off the path of a reply.
    func removeDoomed() {
        let doomed = withState { state in
            Self.gather(&state, keep: tuning.spareSegments)
            defer { state.doomed = [] }
            return state.doomed
        }
        for file in doomed { file.unlink() }
    }

    /// A sealed segment kept alive by few old messages: less than a quarter of it is live, and nothing is being
    /// written.
    func segmentToCompact() -> Int? {
        withState { state in
            state.segments.filter { _, segment in
                !segment.isOpen && segment.isCompactable && segment.pending == 0 && segment.live > 0
                    && segment.live * 4 < segment.used
            }.min { $0.value.live < $1.value.live }?.key
        }
    }

    /// Leaves a segment alone: until ``compactionEnded(_:)``, or permanently.
    func excludeFromCompaction(_ number: Int) {
        withState { $0.segments[number]?.isCompactable = false }
    }

    /// The rows refer to the copies, or the copies are dropped.
    func compactionEnded(_ number: Int) {
        withState { $0.segments[number]?.isCompactable = true }
    }
}
