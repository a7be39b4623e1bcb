internal import Mail
package import Spool
internal import Synchronization

/// The history of one relay: what the threads that write, move and search it share.
package final class HistoryStore: DepartureRecorder {
    private struct State {
        var opened: Opened?
        /// Oldest first.
        var runs: [Run] = []
        /// Those that cannot be read.
        var unreadable: [UnreadableRun] = []
        var settings: HistorySettings
    }

    struct Opened: Sendable {
        let place: any RunPlace
        let hash: KeyedHash
        var recorder: HistoryRecorder
    }

    let tuning: HistoryTuning
    let notice: @Sendable (String) -> Void
    private let places: HistoryRecorder.Places
    private let runPlace: (any RunPlace)?
    private let state: Mutex<State>

    /// - Parameters:
    ///   - runs: where runs are; nil for a directory beside the spool's database.
    ///   - places: where a recipient belongs.
    ///   - notice: receives what an operator may want to know.
    package init(
        _ settings: HistorySettings, tuning: HistoryTuning = HistoryTuning(), runs: (any RunPlace)? = nil,
        places: @escaping HistoryRecorder.Places,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        state = Mutex(State(settings: settings))
        self.tuning = tuning
        self.places = places
        runPlace = runs
        self.notice = notice
    }

    package func open(in directory: String, _ files: any FileLayer) throws(SpoolError) -> Int {
        let place = runPlace ?? RunDirectory(in: directory, files)
        try place.prepare()
        let hash = try place.openKey(notice)
        let (runs, problems) = try place.runs()
        for problem in problems { notice("\(problem.error.message): it is left alone, and not searched") }
        let recorder = recorder(settings, hash)
        state.withLock { state in
            state.opened = Opened(place: place, hash: hash, recorder: recorder)
            state.runs = runs
            state.unreadable = problems
        }
        return runs.last?.header.last ?? 0
    }

    private func recorder(_ settings: HistorySettings, _ hash: KeyedHash) -> HistoryRecorder {
        HistoryRecorder(places: places, hashed: settings.addresses == .hashed ? HistoryAddress(hash) : nil)
    }

    package var settings: HistorySettings { state.withLock { $0.settings } }

    /// What leaves from now on is kept by these settings, and removed by them within seconds.
    package func replace(with settings: HistorySettings) {
        let recorder = recorder(settings, opened.hash)
        state.withLock { state in
            state.settings = settings
            state.opened?.recorder = recorder
        }
    }

    package var isRecording: Bool { settings.keep > .zero }

    package var keepsContent: Bool { settings.content }

    package func encode(_ departure: Departure, into entries: inout [UInt8]) {
        opened.recorder.record(departure).encode(into: &entries)
    }

    var opened: Opened {
        guard let opened = state.withLock({ $0.opened }) else { preconditionFailure("the spool opens its history") }
        return opened
    }

    /// Oldest first.
    package var runs: [Run] { state.withLock { $0.runs } }

    /// Runs that cannot be read, and are there.
    var unreadable: [UnreadableRun] {
        let place = opened.place
        return state.withLock { $0.unreadable }.filter { place.has($0.path) }
    }

    /// The last entry that is in a run.
    var lastMoved: Int { state.withLock { $0.runs.last?.header.last ?? 0 } }

    /// Adds the newest run.
    func add(_ run: Run) {
        state.withLock { $0.runs.append(run) }
    }

    /// A run has other content now.
    func replace(_ run: Run) {
        state.withLock { state in
            guard let place = state.runs.firstIndex(where: { $0.path == run.path }) else { return }
            state.runs[place] = run
        }
    }

    func remove(_ run: Run) {
        state.withLock { $0.runs.removeAll { $0.path == run.path } }
    }
}
