import Admin
import Console
import Delivery
import Mail
import NIOCore
import Telemetry

/// Asks the relay for what a frame shows, and for no more than has to be asked.
struct TopReader {
    private let relay: RelayClient
    /// Counting by age reads the whole queue: not more often than this, nor for more than a twentieth of the time.
    private static let agesInterval = Duration.seconds(10)
    private static let agesShare = 20

    /// Of each upstream, as of the last change of its state.
    private var details: [String: UpstreamDetailDocument] = [:]
    private var ages: [String: Int]?
    private var agesDue = ContinuousClock.now

    init(_ relay: RelayClient) { self.relay = relay }

    mutating func read() async throws -> TopReading {
        let upstreams = try await relay.list()
        let figures = TopFigures(MetricLines(try await metrics()))
        let readAt = ContinuousClock.now
        try await readDetails(of: upstreams)
        if agesDue <= .now { try await readAges() }
        return TopReading(
            at: EventLog.wallClock(), readAt: readAt, upstreams: upstreams, figures: figures, ages: ages,
            moves: TopMove.list(upstreams.compactMap { details[$0.name] }))
    }

    private func metrics() async throws -> String {
        var text = ByteBuffer()
        try await relay.ask { client in
            try await client.forEachPart(at: AdminPath.metrics) { text.writeImmutableBuffer($0) }
        }
        return String(buffer: text)
    }

    /// The history of an upstream is read again when its state has changed.
    private mutating func readDetails(of upstreams: [UpstreamDocument]) async throws {
        details = details.filter { name, _ in upstreams.contains { $0.name == name } }
        for upstream in upstreams where !isCurrent(details[upstream.name]?.upstream, upstream) {
            details[upstream.name] = try await relay.detail(of: upstream.name)
        }
    }

    private func isCurrent(_ known: UpstreamDocument?, _ upstream: UpstreamDocument) -> Bool {
        known?.since == upstream.since && known?.circuit == upstream.circuit
            && known?.adminState == upstream.adminState
    }

    private mutating func readAges() async throws {
        let began = ContinuousClock.now
        var counts: [String: Int] = [:]
        var question = ListingQuestion()
        question.grouping = .age
        try await relay.forEachLine(at: AdminPath.statistics(question)) { line in
            let group = try AdminJSON.decode(GroupDocument.self, from: line)
            counts.merge(group.ages ?? [:], uniquingKeysWith: +)
        }
        ages = counts
        let end = ContinuousClock.now
        agesDue = end + max(Self.agesInterval, (end - began) * Self.agesShare)
    }
}
