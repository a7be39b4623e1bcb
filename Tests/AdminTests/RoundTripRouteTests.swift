import Admin
import Audit
import Foundation
import Mail
import NIOCore
import RoundTrips
import Synchronization
import TestKit
import Testing

@Suite("Round trips, through the admin interface")
struct RoundTripRouteTests {
    private static let paths = [
        TripPath(trip: "gmail", upstream: nil, mailbox: "p@gmail.example"),
        TripPath(trip: "gmail", upstream: "ses", mailbox: "p@gmail.example"),
        TripPath(trip: "yahoo", upstream: "mailgun", mailbox: "p@yahoo.example"),
    ]

    /// Two probes that arrived, one of them in junk, and one that is missing.
    private static let history: TripHistory = {
        var history = TripHistory()
        for number in 0..<3 {
            let sentAt = RunningAdmin.now - .seconds(600 * (number + 1))
            let bounds = TripBounds(
                acceptedAt: sentAt, handedOverAt: sentAt, tookAt: sentAt + .seconds(1), seenAt: sentAt + .seconds(4))
            let times = TripTimes(HeaderTrace(), internalDate: nil, bounds, hostname: "relay")
            let folder = number == 0 ? TripFolder.junk : .inbox
            let arrived = TripFact.Kind.arrived(TripArrival(folder: folder, isLate: false, times: times))
            for kind in [TripFact.Kind.sent, number == 2 ? .missing : arrived] {
                history.record(TripFact(path: paths[1], sentAt: sentAt, kind: kind), now: RunningAdmin.now)
            }
        }
        history.record(
            TripChange(path: paths[1], from: .ok, to: .missing, cause: "lost", at: RunningAdmin.now - .seconds(60)))
        return history
    }()

    private func with(
        audit log: AuditLog? = nil, _ body: (RunningAdmin, Notes) async throws -> Void
    ) async throws {
        let asked = Notes()
        let desk = RoundTripDesk(
            list: {
                Self.paths.map { path in
                    let isKnown = path.upstream == "ses"
                    let standing = TripStanding(
                        path: path, verdict: isKnown ? .missing : nil, cause: isKnown ? "lost" : nil,
                        since: isKnown ? RunningAdmin.now : nil, lastTotal: isKnown ? .milliseconds(2100) : nil,
                        underWay: isKnown ? 2 : 0)
                    return TripListing(standing, Self.history, now: RunningAdmin.now)
                }
            },
            run: { paths, wait in
                asked.add("\(paths.map(\.trip).joined(separator: " ")) \(wait.components.seconds)")
                return AsyncStream { stream in
                    for path in paths {
                        stream.yield(TripRun(path: path, sentAt: RunningAdmin.now, outcome: .missing))
                    }
                    stream.finish()
                }
            },
            report: { TripReport(Self.history, from: $0, until: $1, now: RunningAdmin.now, where: $2.matches) })
        try await RunningAdmin.with(roundTrips: desk, audit: log) { try await body($0, asked) }
    }

    private func lines<Document: Decodable>(
        _ type: Document.Type, _ admin: RunningAdmin, _ path: String
    ) async throws -> [Document] {
        var all: [Document] = []
        try await admin.client.forEachLine(at: path) { all.append(try AdminJSON.decode(type, from: $0)) }
        return all
    }

    private func text(_ admin: RunningAdmin, _ question: RoundTripQuestion) async throws -> String {
        var text = ""
        try await admin.client.forEachPart(at: AdminPath.roundTripReport(question)) { text += String(buffer: $0) }
        return text
    }

    @Test("are listed with every name; state is null before the first verdict")
    func list() async throws {
        try await with { admin, _ in
            let trips = try await lines(RoundTripDocument.self, admin, AdminPath.roundTrips)
            #expect(
                trips.map(\.name) == ["gmail", "gmail", "yahoo"] && trips.map(\.upstream) == [nil, "ses", "mailgun"])
            #expect(trips.map(\.state) == [nil, "missing", nil] && trips.map(\.cause) == [nil, "lost", nil])
            #expect(trips[1].last_seconds == 2.1 && trips[1].availability_24h == 0.666666)
            #expect(trips[1].inbox_share == 0.5 && trips[1].sent_24h == 3 && trips[1].under_way == 2)
            var first = ""
            try await admin.client.forEachLine(at: AdminPath.roundTrips) {
                if first.isEmpty { first = String(buffer: $0) }
            }
            for name in ["upstream", "state", "last_seconds", "p50_seconds", "p95_seconds", "availability_24h"] {
                #expect(first.contains("\"\(name)\":null"), "\(name)")
            }
        }
    }

    @Test("a run has a result for each path, and is in the audit log; a rehearsal sends nothing")
    func run() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        try await with(audit: log) { admin, asked in
            func results(_ order: RoundTripOrderDocument) async throws -> [String] {
                var results: [String] = []
                try await admin.client.forEachLine(posting: order, to: AdminPath.roundTripRun) {
                    results.append(try AdminJSON.decode(RoundTripRunDocument.self, from: $0).result)
                }
                return results
            }
            let all = ["would_send", "would_send", "would_send"]
            #expect(try await results(RoundTripOrderDocument(dryRun: true)) == all && asked.all.isEmpty)
            let filter = TripFilter(names: ["gmail"], upstreams: ["ses"])
            #expect(
                try await results(RoundTripOrderDocument(filter, reason: "new DKIM key", wait: .seconds(5))) == [
                    "missing"
                ])
            #expect(asked.all == ["gmail 5"])
            var records: [AuditRecord] = []
            try await admin.client.forEachLine(at: "/v1/audit?what=round-trip") {
                records.append(try AuditRecord(json: $0.readableBytesView))
            }
            #expect(records.map(\.subject) == ["gmail through ses"] && records.map(\.reason) == ["new DKIM key"])
        }
        await log.close()
    }

    @Test("an unknown name is refused with those that there are")
    func unknown() async throws {
        try await with { admin, asked in
            for (filter, words) in [
                (TripFilter(names: ["moon"]), "no round trip moon; there are gmail, yahoo"),
                (
                    TripFilter(names: ["gmail"], upstreams: ["mailgun"]),
                    "no round trip through upstream mailgun; there are ses"
                ),
            ] {
                let order = RoundTripOrderDocument(filter)
                let error = await #expect(throws: AdminClientError.self) {
                    try await admin.client.forEachLine(posting: order, to: AdminPath.roundTripRun) { _ in }
                }
                #expect("\(String(describing: error))".contains(words))
            }
            #expect(asked.all.isEmpty)
        }
    }

    @Test("a report is JSON, a table, or a page; of a part or of everything")
    func report() async throws {
        try await with { admin, _ in
            var question = RoundTripQuestion()
            let document = try await admin.client.document(
                RoundTripReportDocument.self, at: AdminPath.roundTripReport(question))
            #expect(document.round_trips.map(\.name) == ["gmail"] && document.round_trips[0].sent == 3)
            #expect(document.incidents.map(\.state) == ["missing"] && document.incidents[0].seconds == nil)
            question.format = .csv
            #expect(try await text(admin, question).hasPrefix("from,until,name,"))
            question.part = .points
            #expect(try await text(admin, question).split(separator: "\r\n").count == 4)
            question.part = .incidents
            #expect(try await text(admin, question).contains(",missing,lost,"))
            question.format = .html
            #expect(try await text(admin, question).contains("<h2>gmail through ses</h2>"))
            (question.format, question.part, question.filter) = (.json, .summary, TripFilter(names: ["yahoo"]))
            #expect(try await text(admin, question).contains("\"round_trips\":[]"))
            question.until = RunningAdmin.now - .seconds(86_400)
            question.since = RunningAdmin.now
            let error = await #expect(throws: AdminClientError.self) { try await text(admin, question) }
            #expect("\(String(describing: error))".contains("since must be before until"))
            // A moment is a period, in which nothing was sent.
            question.until = question.since
            #expect(try await text(admin, question).contains("\"round_trips\":[]"))
        }
    }

    @Test("figures have the state of each path, and no address")
    func figures() async throws {
        try await with { admin, _ in
            var text = ""
            try await admin.client.forEachLine(at: "/metrics") { text += String(buffer: $0) + "\n" }
            let labels = "name=\"gmail\",upstream=\"ses\""
            #expect(text.contains("posthorse_round_trip_state{\(labels),state=\"missing\"} 1\n"))
            #expect(text.contains("posthorse_round_trip_state{\(labels),state=\"ok\"} 0\n"))
            #expect(
                text.contains("posthorse_round_trip_probes_total{name=\"gmail\",upstream=\"\",outcome=\"late\"} 0\n"))
            #expect(!text.contains("gmail.example"))
        }
    }

    @Test(
        "bad questions and orders are refused, with a reason",
        arguments: [
            ("format=pdf", "format must be one of json, csv, html"), ("part=x", "part must be one of summary"),
            ("name=", "name is empty"), ("since=1", "since must be a time"), ("since=&", "since is empty"),
            ("format=html&part=points", "format html has all parts"), ("x=1", "unknown parameter x"),
        ])
    func bad(query: String, words: String) async throws {
        try await with { admin, _ in
            let error = await #expect(throws: AdminClientError.self) {
                try await admin.client.forEachPart(at: "/v1/round-trips/report?\(query)") { _ in }
            }
            #expect("\(String(describing: error))".contains(words), "\(String(describing: error))")
        }
    }

    @Test(
        "the wait of a run has bounds", arguments: [#"{"wait_seconds":3601}"#, #"{"wait_seconds":-1}"#, #"{"name":1}"#])
    func badOrder(body: String) {
        #expect(throws: AdminError.self) { try RoundTripOrderDocument(ByteBuffer(string: body)) }
    }
}

/// What was asked, in order.
private final class Notes: Sendable {
    private let values = Mutex<[String]>([])
    var all: [String] { values.withLock { $0 } }
    func add(_ text: String) { values.withLock { $0.append(text) } }
}
