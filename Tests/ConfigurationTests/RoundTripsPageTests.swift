import Foundation
import Probing
import RoundTrips
import TestKit
import Testing

@testable import Configuration

@Suite("docs/round-trips.md")
struct RoundTripsPageTests {
    private let page: String

    init() throws {
        page = try SourceTree.text("docs/round-trips.md")
    }

    @Test("every example is valid as it stands, but for its files")
    func examples() {
        let files = page.components(separatedBy: "```").filter { $0.hasPrefix("toml\n") }.map { $0.dropFirst(5) }
        #expect(files.count == 4)
        for file in files {
            let found = problems(minimal + file).filter { !$0.contains(": No such file or directory; create it;") }
            #expect(found == [], "\(file)")
        }
    }

    @Test("the table of keys has all that are not those of an upstream, with their defaults")
    func keys() throws {
        let rows = try rows(below: "## Keys")
        for key in Schema.roundTrip.reference.keys { expect(key, key.name, in: rows) }
        for key in Schema.mailbox.reference.keys where ["type", "address", "tls", "folders"].contains(key.name) {
            expect(key, "mailbox.\(key.name)", in: rows)
        }
        #expect(rows.count == Schema.roundTrip.keys.count + 4)
        for key in Schema.mailbox.reference.keys { #expect(page.contains("\(key.name)`"), "\(key.name)") }
    }

    private func expect(_ key: KeyReference, _ name: String, in rows: [[String]]) {
        let row = rows.first { $0[0] == "`\(name)`" }
        switch key.fallback {
        case .literal(let value): #expect(row?[1] == "`\(value.replacing("\"", with: ""))`", "\(name)")
        case .required: #expect(row?[1] == "required", "\(name)")
        case .derived: #expect(row?[1].isEmpty == false, "\(name)")
        }
    }

    @Test("the defaults that depend on others are those of the code")
    func derived() throws {
        let rows = try rows(below: "## Keys")
        #expect(rows.contains { $0[0] == "`late_after`" && $0[1] == "`1m`, or `missing_after` if that is less" })
        #expect(rows.contains { $0[0] == "`upstreams`" && $0[1] == "`[\"*\"]`; `[]` with `as_routed`" })
        var draft = RoundTripDraft()
        #expect(draft.usedUpstreams == .all)
        draft.isAsRouted = true
        #expect(draft.usedUpstreams == .named([]))
    }

    @Test("every state has a row, and every action")
    func words() throws {
        let states = try rows(below: "## What states mean").map { $0[0] }
        #expect(states == TripVerdict.allCases.map { "`\($0.rawValue)`" })
        let actions = try rows(below: "## Consequences").map { $0[0] }
        #expect(actions == TripAction.allCases.map { "`\($0.rawValue)`" })
    }

    @Test("times and numbers are those of the code")
    func figures() {
        #expect(TripSchedule.Limits().perPath == 1024 && page.contains("At most 1024 probes"))
        let kept = TripLevel.allCases.map { $0.kept.components.seconds / 86_400 }
        #expect(
            kept == [2, 60, 3653] && page.contains("by the minute for 2 days, by the hour for 60 days, by the day for"))
    }

    /// The cells of the first table below a heading, without its head.
    private func rows(below heading: String) throws -> [[String]] {
        let part = try #require(page.components(separatedBy: "\n\(heading)\n").last)
        let lines = part.split(separator: "\n", omittingEmptySubsequences: false).drop { !$0.hasPrefix("|") }
        return lines.prefix { $0.hasPrefix("|") }.dropFirst(2).map { line in
            line.dropFirst().dropLast().components(separatedBy: "|").map { cell in
                String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
            }
        }
    }
}
