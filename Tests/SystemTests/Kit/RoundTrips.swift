import Foundation

/// A `[[round_trip]]` of a scenario, with short times.
struct RoundTripTable: Sendable {
    static let sender = "probes@client.example"

    var name = "test"
    var every = "1s"
    var lateAfter = "3s"
    var missingAfter = "3s"
    /// Further lines of the table.
    var lines: [String] = []
    var mailbox: [String]

    var text: [String] {
        [
            "[[round_trip]]", "name = \"\(name)\"", "sender = \"\(Self.sender)\"", "every = \"\(every)\"",
            "late_after = \"\(lateAfter)\"", "missing_after = \"\(missingAfter)\"",
        ] + lines + ["[round_trip.mailbox]"] + mailbox
    }
}

/// A line of `round-trip list --json`, by the documented names.
struct TripLine: Decodable {
    var name: String
    var upstream: String?
    var mailbox: String
    var state: String?
    var cause: String?
    var since: String?
    var last_seconds: Double?
    var p50_seconds: Double?
    var availability_24h: Double?
    var inbox_share: Double?
    var junk_share: Double?
    var sent_24h: Int
    var under_way: Int
}

/// A line of `round-trip report --format json`.
struct TripReportLine: Decodable {
    struct Trip: Decodable {
        var name: String
        var upstream: String?
        var sent, arrived, late, missing, failed, unjudged, junk, doubled, returned: Int
        var availability: Double?
        var junk_share: Double?
    }

    struct Incident: Decodable {
        var name: String
        var upstream: String?
        var state: String
        var ended_at: String?
    }

    var resolution: String
    var round_trips: [Trip]
    var incidents: [Incident]
}

/// What the log says of a round trip.
struct TripNews: Decodable {
    var event: String
    var name: String?
    var upstream: String?
    var mailbox: String?
    var from: String?
    var to: String?
    var state: String?
    var action: String?
    var applied: String?
    var outcome: String?
    var folder: String?
    var cause: String?
    var path: String?
    var kept_at: String?
    var new: String?
    var share: String?
    var sent_at: String?
}

extension Relay {
    /// Where the log is now, for ``waitForNews(_:from:within:_:)``.
    var mark: Int { process.errors.current.lines.count }

    /// Waits for a line of the log from a mark on.
    @discardableResult
    func waitForNews(
        _ event: String, from mark: Int = 0, within limit: Duration = .seconds(40),
        _ isWanted: (TripNews) -> Bool = { _ in true }
    ) throws -> TripNews {
        try process.waitForErrors("line \"\(event)\"", from: mark, within: limit) { lines in
            Self.news(event, in: lines).first(where: isWanted)
        }
    }

    /// Waits until a round trip has a state, which is its next one.
    func waitForState(
        _ state: String, of name: String = "test", through upstream: String?, from mark: Int = 0,
        within limit: Duration = .seconds(40)
    ) throws {
        try waitForNews("round_trip", from: mark, within: limit) {
            $0.name == name && $0.upstream == upstream && $0.to == state
        }
    }

    /// Waits for probes with an outcome, with the log level `debug`.
    func waitForProbes(_ count: Int, _ outcome: String, through upstream: String? = nil, from mark: Int = 0) throws {
        let what = "\(count) probes that are \(outcome)"
        _ = try process.waitForErrors(what, from: mark, within: .seconds(40)) { lines in
            Self.news("round_trip_probe", in: lines).filter {
                $0.outcome == outcome && (upstream == nil || $0.upstream == upstream)
            }.count >= count ? true : nil
        }
    }

    func news(_ event: String, from mark: Int = 0) -> [TripNews] {
        Self.news(event, in: process.errors.current.lines.dropFirst(mark))
    }

    private static func news(_ event: String, in lines: ArraySlice<String>) -> [TripNews] {
        lines.filter { $0.contains("\"event\":\"\(event)\"") }.compactMap {
            try? JSONDecoder().decode(TripNews.self, from: Data($0.utf8))
        }
    }

    /// Output of `round-trip list --json`.
    func trips() throws -> [TripLine] {
        let result = try command("round-trip", "list", "--json")
        guard result.exit == .code(0) else { throw ScenarioError("round-trip list: \(result.exit) \(result.errors)") }
        return try result.output.map { try JSONDecoder().decode(TripLine.self, from: Data($0.utf8)) }
    }

    func trip(through upstream: String?) throws -> TripLine {
        guard let trip = try trips().first(where: { $0.upstream == upstream }) else {
            throw ScenarioError("no round trip through \(upstream ?? "a route")")
        }
        return trip
    }

    func tripReport() throws -> TripReportLine {
        let result = try command("round-trip", "report", "--format", "json")
        return try JSONDecoder().decode(TripReportLine.self, from: Data(result.output.joined(separator: "\n").utf8))
    }
}
