package import Mail
internal import NIOPosix
package import Spool

/// What operators ask about the history of a running relay, or of a stopped one.
package protocol HistorySource: ContentPartSource {
    /// Records that match, newest first, with their numbers.
    ///
    /// - Parameters:
    ///   - number: only those before this one.
    ///   - limit: the most records.
    func page(_ filter: HistoryFilter, before number: Int?, limit: Int) async throws -> HistoryPage
    /// Adds recipients that match, of some records before this one.
    ///
    /// - Returns: where to go on, and the part that is done; nil at the end.
    func add(
        _ filter: HistoryFilter, before number: Int?, to statistics: HistoryStatistics
    ) async throws -> (statistics: HistoryStatistics, next: (number: Int, progress: Double)?)
    /// The content of a message, by the number of its record; nil if it is not kept (any more).
    func openContent(of number: Int) async throws -> ContentReader?
}

/// A part of what a question finds.
package struct HistoryPage: Sendable {
    package var records: [(number: Int, record: HistoryRecord)] = []
    /// Of each record, the indices of the recipients that match.
    package var matching: [[Int]] = []
    /// Where to go on; nil at the end.
    package var next: Int?
    /// The part of all entries that has been looked at; nil if lists are used.
    package var progress: Double?
    /// What could not be read.
    package var problems: [String] = []

    package init() {}
}

/// The history of a running relay.
package final class HistoryService: HistorySource {
    private let store: HistoryStore
    private let keeper: HistoryKeeper
    private let spool: any DepartureSpool
    private let path: String
    private let now: @Sendable () -> Timestamp
    private let pool = NIOThreadPool(numberOfThreads: 1)

    /// Starts the threads.
    ///
    /// - Parameters:
    ///   - path: the data directory.
    ///   - now: the system's clock.
    package init(
        _ store: HistoryStore, _ spool: any DepartureSpool, path: String, now: @escaping @Sendable () -> Timestamp
    ) {
        self.store = store
        self.spool = spool
        self.path = path
        self.now = now
        keeper = HistoryKeeper(store, spool, path: path, now: now)
        pool.start()
        keeper.start()
    }

    /// Stops the threads; call it before the spool is closed.
    package func close() async {
        await keeper.stop()
        try? await pool.shutdownGracefully()
    }

    private var place: HistorySearch.Place {
        let (store, opened) = (store, store.opened)
        return HistorySearch.Place(
            runs: { store.runs }, unreadable: { store.unreadable }, hash: opened.hash, storage: opened.place,
            oldest: now() - store.settings.keep, notice: store.notice)
    }

    package func page(_ filter: HistoryFilter, before number: Int?, limit: Int) async throws -> HistoryPage {
        let (place, spool, time) = (place, spool, store.tuning.pageTime)
        return try await pool.runIfActive {
            let reader = try spool.openDepartures()
            return try HistoryPage.find(filter, in: place, reader, before: number, limit: limit, time: time)
        }
    }

    package func add(
        _ filter: HistoryFilter, before number: Int?, to statistics: HistoryStatistics
    ) async throws -> (statistics: HistoryStatistics, next: (number: Int, progress: Double)?) {
        let (place, spool, time) = (place, spool, store.tuning.pageTime)
        return try await pool.runIfActive {
            let reader = try spool.openDepartures()
            return try statistics.adding(filter, in: place, reader, before: number, time: time)
        }
    }

    package func openContent(of number: Int) async throws -> ContentReader? {
        try await spool.openKeptContent(number)
    }

    package func nextPart(of reader: ContentReader) async throws -> ContentPart { try await spool.nextPart(of: reader) }

    /// The keyed hash of an address, as `addresses = "hashed"` shows it.
    package func hashed(_ address: String) -> String { HistoryAddress(store.opened.hash).hashed(address) }

    /// An address as the history keeps it.
    package func shown(_ address: String) -> String {
        switch store.settings.addresses {
        case .full: address
        case .hashed: hashed(address)
        }
    }

    /// Takes an address out of the records of all its recipients; durable when it returns.
    ///
    /// - Parameter isRehearsal: whether they are only counted.
    /// - Returns: how many there are.
    package func erase(_ address: String, isRehearsal: Bool) async throws -> Int {
        try await withCheckedThrowingContinuation { continuation in
            keeper.submit(
                HistoryKeeper.Erasure(address: address, isRehearsal: isRehearsal) { continuation.resume(with: $0) })
        }
    }
}

/// The history of a stopped relay; questions are answered one at a time.
package actor StoppedHistory: HistorySource {
    private let place: HistorySearch.Place
    private let reader: any DepartureRows
    private let path: String
    private var inspector: SpoolInspector?
    /// What cannot be found without the key.
    private let problem: String?

    /// - Parameters:
    ///   - path: the data directory.
    ///   - addresses: as the relay keeps them.
    /// - Throws: ``SpoolError`` `missing` if there is none.
    package init(
        path: String, keep: Duration, addresses: HistorySettings.Addresses = .full, now: Timestamp
    ) throws(SpoolError) {
        let directory = RunDirectory(in: path, SystemFileLayer())
        guard directory.files.entry(directory.path) != nil else {
            throw SpoolError(.missing, "there is no history in \(path)")
        }
        let key = try? directory.key()
        problem = key == nil && addresses == .hashed ? directory.lostKey : nil
        // With another key, lists are of no use, and every record is looked at.
        let hash = key ?? KeyedHash(key: 0, 0)
        let (runs, problems) = try directory.runs()
        place = HistorySearch.Place(
            runs: { runs }, unreadable: { problems }, hash: hash, storage: directory, oldest: now - keep,
            notice: { _ in })
        reader = try DepartureReader(path: path, isRunning: false)
        self.path = path
    }

    package func openContent(of number: Int) throws -> ContentReader? { try openInspector().openKeptContent(number) }

    package func nextPart(of reader: ContentReader) throws -> ContentPart { try openInspector().read(reader) }

    private func openInspector() throws(SpoolError) -> SpoolInspector {
        if let inspector { return inspector }
        let inspector = try SpoolInspector(path: path)
        self.inspector = inspector
        return inspector
    }

    package func page(_ filter: HistoryFilter, before number: Int?, limit: Int) throws -> HistoryPage {
        var page = try HistoryPage.find(
            filter, in: place, reader, before: number, limit: limit, time: .milliseconds(300))
        if number == nil, filter.hasAddress, let problem { page.problems.append(problem) }
        return page
    }

    package func add(
        _ filter: HistoryFilter, before number: Int?, to statistics: HistoryStatistics
    ) throws -> (statistics: HistoryStatistics, next: (number: Int, progress: Double)?) {
        try statistics.adding(filter, in: place, reader, before: number, time: .milliseconds(300))
    }
}

extension HistoryPage {
    package static func find(
        _ filter: HistoryFilter, in place: HistorySearch.Place, _ reader: any DepartureRows, before number: Int?,
        limit: Int, time: Duration
    ) throws(SpoolError) -> HistoryPage {
        let addresses = HistoryAddress(place.hash)
        var page = HistoryPage()
        var search = HistorySearch(filter, in: place, reader, before: number)
        try search.go(until: Monotonic.now + time.wholeNanoseconds) { number, view in
            if let record = view.record {
                page.records.append((number, record))
                page.matching.append(filter.matchingRecipients(of: view, addresses))
            }
            return page.records.count < limit
        }
        page.next = search.isAtEnd ? nil : search.position
        page.progress = try search.progress()
        page.problems = search.problems
        return page
    }
}

extension HistoryStatistics {
    func adding(
        _ filter: HistoryFilter, in place: HistorySearch.Place, _ reader: any DepartureRows, before number: Int?,
        time: Duration
    ) throws(SpoolError) -> (statistics: HistoryStatistics, next: (number: Int, progress: Double)?) {
        var statistics = self
        let addresses = HistoryAddress(place.hash)
        var search = HistorySearch(filter, in: place, reader, before: number)
        try search.go(until: Monotonic.now + time.wholeNanoseconds) { _, record in
            // The relay's own, which say nothing of anybody's mail.
            guard !record.isProbe else { return true }
            record.forEachRecipient { recipient in
                if filter.matches(recipient, addresses) { statistics.add(recipient) }
                return true
            }
            return true
        }
        statistics.add(problems: search.problems)
        guard !search.isAtEnd else { return (statistics, nil) }
        return (statistics, (search.position, try search.progress() ?? 0))
    }
}
