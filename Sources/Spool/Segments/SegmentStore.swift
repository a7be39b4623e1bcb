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
    }

    let directory: String
    let files: any FileLayer
    let tuning: SpoolTuning
    private let state = Mutex(State())

    init(directory: String, files: any FileLayer, tuning: SpoolTuning) {
        self.directory = directory
        self.files = files
        self.tuning = tuning
    }

    // MARK: Appending

    /// A segment to append to from its start: a spare one, else a new file.
    func openSegment() throws(SpoolError) -> SegmentFile {
        let (spare, number): (SegmentFile?, Int) = state.withLock { state in
            Self.gather(&state, keep: tuning.spareSegments)
            if let spare = state.spares.popLast() {
                state.segments[spare.number] = Segment(file: spare, isOpen: true, used: 0)
                return (spare, 0)
            }
            state.nextNumber += 1
            return (nil, state.nextNumber - 1)
        }
        if let spare { return spare }
        let file = try SegmentFile(creating: number, directory: directory, size: tuning.segmentSize, files: files)
        state.withLock { $0.segments[number] = Segment(file: file, isOpen: true, used: 0) }
        return file
    }

    /// Creates a spare file in advance, if there is none.
    func prepareSpare() throws(SpoolError) {
        let number: Int? = state.withLock { state in
            Self.gather(&state, keep: tuning.spareSegments)
            guard state.spares.isEmpty else { return nil }
            state.nextNumber += 1
            return state.nextNumber - 1
        }
        guard let number else { return }
        let file = try SegmentFile(creating: number, directory: directory, size: tuning.segmentSize, files: files)
        state.withLock { $0.spares.append(file) }
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
