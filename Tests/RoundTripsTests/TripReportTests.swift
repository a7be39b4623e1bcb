import Mail
import RoundTrips
import TestKit
import Testing

@Suite("Reports")
struct TripReportTests {
    let day = Duration.seconds(86_400)

    /// 8 of 10 arrive, one of them in junk, after 2 s and after 4 s; one is missing, of one nobody can tell.
    func history(_ path: TripPath = .sample()) -> TripHistory {
        var history = TripHistory()
        for number in 0..<10 {
            let sentAt = Timestamp.sample - .seconds(600 * number)
            var facts = [TripFact.Kind.sent]
            switch number {
            case 8: facts.append(.missing)
            case 9: facts.append(.unjudged)
            default:
                let bounds = TripBounds(
                    acceptedAt: sentAt, handedOverAt: sentAt + .milliseconds(10), tookAt: sentAt + .milliseconds(510),
                    seenAt: sentAt + .seconds(20))
                let times = TripTimes(
                    HeaderTrace(), internalDate: sentAt + .seconds(number < 6 ? 2 : 4), bounds, hostname: "relay")
                facts.append(
                    .arrived(
                        TripArrival(
                            folder: number == 0 ? .junk : .inbox, isLate: false, times: times,
                            authentication: AuthenticationResults(dkim: number == 0 ? .fail : .pass))))
            }
            for kind in facts { history.record(TripFact(path: path, sentAt: sentAt, kind: kind), now: .sample) }
        }
        history.record(.sample(.missing, at: .sample - .seconds(3000), path))
        history.record(.sample(.ok, at: .sample - .seconds(2400), path))
        return history
    }

    func report(_ history: TripHistory) -> TripReport {
        TripReport(history, from: .sample - day, until: .sample + .seconds(60), now: .sample)
    }

    @Test("the figures of a period")
    func figures() throws {
        let report = report(history())
        let total = try #require(report.lines.first).total
        #expect(report.level == .minute && report.lines.count == 1 && report.points.count == 10)
        #expect(total[.sent] == 10 && total[.arrived] == 8)
        #expect(total.availability == 8.0 / 9)
        #expect(total.share(.junk) == 1.0 / 8)
        #expect(total.share(.inbox) == 7.0 / 8)
        #expect(abs((total.histogram(.total).percentile(0.5)! - .seconds(2)) / .seconds(2)) <= 1.0 / 16)
        #expect(report.incidents.map(\.verdict) == [.missing])
        let later = TripReport(history(), from: .sample + day, until: .sample + day * 2, now: .sample + day * 2)
        #expect(later.lines.isEmpty && later.incidents.isEmpty)
    }

    @Test("JSON has every name, and null for what is unknown")
    func json() {
        let json = report(history()).json
        for part in [
            #""from":"2026-11-20T10:00:00.000Z","until":"2026-11-21T10:01:00.000Z","resolution":"minute""#,
            #""name":"gmail","upstream":"ses","mailbox":"probe@example.net","sent":10,"arrived":8,"late":0,"#,
            #","missing":1,"failed":0,"unjudged":1,"junk":1,"other_folder":0,"doubled":0,"returned":0,"#,
            #""spf_pass":0,"spf_other":0,"dkim_pass":7,"dkim_other":1,"dmarc_pass":0,"dmarc_other":0,"#,
            #""availability":0.888888,"inbox_share":0.875,"junk_share":0.125,"other_share":0,"#,
            #""spf_pass_share":null,"dkim_pass_share":0.875,"dmarc_pass_share":null,"queue_p50_seconds":0.01,"#,
            #""state":"missing","cause":"2 probes in a row are lost","began_at":"2026-11-21T09:10:00.000Z""#,
            #""ended_at":"2026-11-21T09:20:00.000Z","seconds":600"#,
        ] {
            #expect(json.contains(part), "\(part)")
        }
        var empty = TripHistory()
        empty.record(TripFact(path: .sample(nil), sentAt: .sample, kind: .sent), now: .sample)
        #expect(report(empty).json.contains(#""upstream":null"#))
        #expect(report(empty).json.contains(#""availability":null"#))
        #expect(report(empty).json.contains(#""total_p99_seconds":null"#))
    }

    @Test("CSV has as many fields in each line as names, and no formulas")
    func csv() throws {
        let path = TripPath(trip: "=cmd|' /C calc'!A0", upstream: "a,\"b\"", mailbox: "m@example.net")
        let report = report(history(path))
        for text in [report.csv, report.pointsCSV, report.incidentsCSV] {
            let table = try #require(Self.parse(text))
            #expect(table.count >= 2)
            #expect(table.allSatisfy { $0.count == table[0].count })
            let name = try #require(table[0].firstIndex(of: "name"))
            #expect(table[1][name] == "'" + path.trip)
            #expect(table[1][name + 1] == path.upstream)
        }
    }

    /// RFC 4180.
    private static func parse(_ text: String) -> [[String]]? {
        var (table, line, field, isQuoted) = ([[String]](), [String](), "", false)
        var scalars = Array(text.unicodeScalars)[...]
        while let scalar = scalars.popFirst() {
            switch (scalar, isQuoted) {
            case ("\"", true) where scalars.first == "\"":
                scalars.removeFirst()
                field += "\""
            case ("\"", _): isQuoted.toggle()
            case (",", false):
                line.append(field)
                field = ""
            case ("\r", false):
                guard scalars.popFirst() == "\n" else { return nil }
                table.append(line + [field])
                (line, field) = ([], "")
            default: field.unicodeScalars.append(scalar)
            }
        }
        return isQuoted || !field.isEmpty ? nil : table
    }

    @Test("texts of strangers cannot end a string of JSON", arguments: 0..<50 as Range<UInt64>)
    func escaping(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let name = someText(upTo: 60, &generator) + "\"\\\n\u{2028}"
        var history = TripHistory()
        let path = TripPath(trip: name, upstream: nil, mailbox: "m")
        history.record(TripFact(path: path, sentAt: .sample, kind: .sent), now: .sample)
        let json = report(history).json
        #expect(json.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x2028 }, "seed \(seed)")
        #expect(json.contains(#"\"\\\u000a\u2028","upstream":null"#), "seed \(seed)")
    }
}
