internal import Mail
internal import Synchronization

/// All segment files and how many octets of each are in use. Shared by the spool's threads.
///
/// A segment is *open* while it is being appended to, then *sealed*. Octets are *pending* from the moment they are
/// written until a row that refers to them is committed, then *live* until that row is gone. A sealed segment with
/// neither, and without a reader's pin, is spare: it is overwritten from its start, or removed.
final class SegmentStore: Sendable {
    struct Segment {
        let file: SegmentFile
        var isOpen: Bool
        var isCompactable = true
        /// Octets written, from the start.
        var used: Int
        var live = 0
        var pending = 0
        var pins = 0

        var isFree: Bool { !isOpen && live == 0 && pending == 0 && pins == 0 }
    }

    struct State {
        var segments: [Int: Segment] = [:]
        var spares: [SegmentFile] = []
        var doomed: [SegmentFile] = []
        var nextNumber = 1
        /// Readers that have read rows and may not have pinned their segments yet.
        var guards = 0
        /// Whether a segment has become free since the spares were last collected.
        var hasFree = false

        /// The number of the next file.
        mutating func takeNumber() -> Int {
            nextNumber += 1
            return nextNumber - 1
        }
    }

    let directory: String
    let files: any FileLayer
    let tuning: SpoolTuning
    /// Octets of the file system that segments leave alone: `min_free_space`, and what accepted mail still needs.
    let keptFree = Atomic<Int>(0)
    /// Octets that a large message leaves to small ones, so that its refusal is no refusal of theirs.
    private static let margin = 512 << 10
    private let state = Mutex(State())

    init(directory: String, files: any FileLayer, tuning: SpoolTuning) {
        self.directory = directory
        self.files = files
        self.tuning = tuning
    }

    // MARK: Appending

    /// A segment to append to from its start: a spare one, else a new file, with room for this many octets.
    ///
    /// - Throws: ``SpoolError`` `full` if the volume does not bear one.
    func openSegment(for octets: Int) throws(SpoolError) -> SegmentFile {
        let (spare, number): (SegmentFile?, Int) = state.withLock { state in
            Self.gather(&state, keep: tuning.spareSegments)
            if let place = state.spares.lastIndex(where: { $0.size >= octets }) {
                let spare = state.spares.remove(at: place)
                state.segments[spare.number] = Segment(file: spare, isOpen: true, used: 0)
                return (spare, 0)
            }
            return (nil, state.takeNumber())
        }
        if let spare { return spare }
        let file = try createInRoomOfSpares(number, for: octets)
        state.withLock { $0.segments[number] = Segment(file: file, isOpen: true, used: 0) }
        return file
    }

    /// Creates a spare file in advance, if there is none.
    func prepareSpare() throws(SpoolError) {
        let number: Int? = state.withLock { state in
            Self.gather(&state, keep: tuning.spareSegments)
            return state.spares.isEmpty ? state.takeNumber() : nil
        }
        guard let number else { return }
        let file = try create(number, for: 0)
        state.withLock { $0.spares.append(file) }
    }

    /// Empty segments that are too small, or not removed yet, must not cost a message its room.
    private func createInRoomOfSpares(_ number: Int, for octets: Int) throws(SpoolError) -> SegmentFile {
        do throws(SpoolError) {
            return try create(number, for: octets)
        } catch {
            guard error.code == .full, releaseSpares() > 0 else { throw error }
            return try create(number, for: octets)
        }
    }

    private func create(_ number: Int, for octets: Int) throws(SpoolError) -> SegmentFile {
        let size = try sizeOfNext(for: octets)
        return try SegmentFile(creating: number, directory: directory, size: size, files: files)
    }

    /// The regular size, or on a small volume what takes at most a quarter of the room that is left, if enough for these
    /// octets.
    ///
    /// - Throws: ``SpoolError`` `full`.
    private func sizeOfNext(for octets: Int) throws(SpoolError) -> Int {
        let free = files.freeSpace(directory)
        guard free >= 0 else { return max(tuning.segmentSize, octets) }
        let room = free - keptFree.load(ordering: .relaxed) - Self.margin
        var size = tuning.segmentSize
        while size > room / 4, size > tuning.smallestSegment { size /= 2 }
        size = max(size, octets)
        guard size <= room else {
            throw SpoolError(
                .full, "a segment of \(size) octets does not fit into \(directory): \(max(0, room)) are left")
        }
        return size
    }

    /// Removes the empty segments kept for reuse: something else needs their room.
    ///
    /// - Returns: the octets that are free now.
    func releaseSpares() -> Int {
        let spares = state.withLock { state in
            Self.gather(&state, keep: tuning.spareSegments)
            defer { (state.spares, state.doomed) = ([], []) }
            return state.spares + state.doomed
        }
        for file in spares { file.unlink() }
        return spares.reduce(0) { $0 + $1.size }
    }

    func written(_ extent: Extent) {
        state.withLock { state in
            state.segments[extent.segment]?.pending += extent.length
            state.segments[extent.segment]?.used = extent.offset + extent.length
        }
    }

    func seal(_ number: Int) {
        state.withLock { state in
            state.segments[number]?.isOpen = false
            state.hasFree = true
        }
    }

    // MARK: Counting

    /// The row that refers to these octets is durable.
    func committed(_ extents: [Extent]) {
        change(extents) { segment, octets in
            segment.pending -= octets
            segment.live += octets
        }
    }

    /// No row will refer to these octets, which were only written.
    func dropped(_ extents: [Extent]) {
        change(extents) { $0.pending -= $1 }
    }

    /// The row that referred to these octets is durably gone.
    func released(_ extents: [Extent]) {
        change(extents) { $0.live -= $1 }
    }

    private func change(_ extents: [Extent], _ body: (inout Segment, Int) -> Void) {
        guard !extents.isEmpty else { return }
        state.withLock { state in
            for extent in extents {
                guard state.segments[extent.segment] != nil else { continue }
                body(&state.segments[extent.segment]!, extent.length)
                if state.segments[extent.segment]!.isFree { state.hasFree = true }
            }
        }
    }

    // MARK: Reading

    /// From now on nothing becomes spare, until ``endReading()``.
    func beginReading() {
        state.withLock { $0.guards += 1 }
    }

    func endReading() {
        state.withLock { $0.guards -= 1 }
    }

    /// Keeps the segments of these extents unchanged until the pin is released.
    func pin(_ extents: [Extent]) -> SegmentPin {
        let numbers = Set(extents.map(\.segment))
        let files = state.withLock { state in
            var files: [Int: SegmentFile] = [:]
            for number in numbers {
                state.segments[number]?.pins += 1
                files[number] = state.segments[number]?.file
            }
            return files
        }
        return SegmentPin(files: files, store: self)
    }

    func unpin(_ numbers: some Sequence<Int>) {
        state.withLock { state in
            for number in numbers {
                state.segments[number]?.pins -= 1
                if state.segments[number]?.isFree == true { state.hasFree = true }
            }
        }
    }

    /// For tests and for the start: examines or builds the state.
    func withState<Result: Sendable>(_ body: (inout sending State) -> sending Result) -> Result {
        state.withLock(body)
    }

    /// Moves free segments to the spares, up to `keep`, and the rest to those to be removed.
    static func gather(_ state: inout State, keep: Int) {
        guard state.hasFree, state.guards == 0 else { return }
        state.hasFree = false
        for (number, segment) in state.segments where segment.isFree {
            state.segments[number] = nil
            if state.spares.count < keep {
                state.spares.append(segment.file)
            } else {
                state.doomed.append(segment.file)
            }
        }
    }
}

/// Keeps segments from being overwritten while it exists.
final class SegmentPin: Sendable {
    let files: [Int: SegmentFile]
    private let store: SegmentStore

    init(files: [Int: SegmentFile], store: SegmentStore) {
        self.files = files
        self.store = store
    }

    deinit {
        store.unpin(files.keys)
    }
}
