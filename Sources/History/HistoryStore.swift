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
        let directory: RunDirectory
        let hash: KeyedHash
        var recorder: HistoryRecorder
    }

    let tuning: HistoryTuning
    let notice: @Sendable (String) -> Void
    private let places: HistoryRecorder.Places
    private let state: Mutex<State>

    /// - Parameters:
    ///   - places: where a recipient belongs.
    ///   - notice: receives what an operator may want to know.
    package init(
        _ settings: HistorySettings, tuning: HistoryTuning = HistoryTuning(), places: @escaping HistoryRecorder.Places,
        notice: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        state = Mutex(State(settings: settings))
        self.tuning = tuning
        self.places = places
        self.notice = notice
    }

    package func open(in directory: String, _ files: any FileLayer) throws(SpoolError) -> Int {
        let directory = RunDirectory(in: directory, files)
        try directory.make()
        try directory.tidy()
        let hash = try directory.openKey(notice)
        let (runs, problems) = try directory.runs()
        for problem in problems { notice("\(problem.error.message): it is left alone, and not searched") }
        let recorder = recorder(settings, hash)
        state.withLock { state in
            state.opened = Opened(directory: directory, hash: hash, recorder: recorder)
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
        let files = opened.directory.files
        return state.withLock { $0.unreadable }.filter { files.entry($0.path) != nil }
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
