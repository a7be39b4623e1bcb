import Admin
import Console
import Mail
import NIOCore
import Testing

@testable import posthorse

@Suite("Round trips on the command line")
struct RoundTripCommandTests {
    private let now = Timestamp(rfc3339: "2026-11-21T10:12:00.000Z")!
    private var plain: Terminal { Terminal(width: 90, isColoured: false) }

    private func trip(_ state: String?, upstream: String? = "ses") throws -> RoundTripDocument {
        let (word, name) = (state.map { "\"\($0)\"" } ?? "null", upstream.map { "\"\($0)\"" } ?? "null")
        let cause = state == nil ? "null" : "\"2 probes in a row are lost\""
        let text = """
            {"availability_24h":0.99999,"cause":\(cause),"inbox_share":0.875,"junk_share":0.125,"last_seconds":2.1,\
            "mailbox":"p@gmail.example","name":"gmail","p50_seconds":0.25,"p95_seconds":700,"p99_seconds":null,\
            "sent_24h":10,"since":"2026-11-21T10:00:00.000Z","state":\(word),"under_way":1,"upstream":\(name)}
            """
        return try AdminJSON.decode(RoundTripDocument.self, from: ByteBuffer(string: text))
    }

    @Test("a row has state and figures; a line below says what is wrong")
    func rows() throws {
        let trips = [try trip("ok"), try trip("mailbox_unreachable", upstream: nil)]
        let table = RoundTripTable(of: trips, terminal: plain, now: now)
        let good = table.rows(of: try trip("ok"))
        #expect(good.count == 1)
        #expect(good[0].split(separator: " ") == ["gmail", "ses", "ok", "2.1s", "250ms", "11m", "99.9%", "87.5%"])
        let bad = table.rows(of: try trip("mailbox_unreachable", upstream: nil))
        #expect(bad[0].contains("as routed  mailbox_unreachable"))
        #expect(bad[1] == "    p@gmail.example for 12m: 2 probes in a row are lost")
        #expect(table.rows(of: try trip(nil)).count == 1)
        let narrow = RoundTripTable(of: trips, terminal: Terminal(width: 80, isColoured: false), now: now)
        let lines = [narrow.header] + narrow.rows(of: try trip("mailbox_unreachable", upstream: nil))
        #expect(lines.allSatisfy { Printable.width(of: $0) <= 80 })
        let short = RoundTripTable(of: [try trip("ok")], terminal: Terminal(width: 80, isColoured: false), now: now)
        #expect(short.header.hasPrefix("NAME" + String(repeating: " ", count: 23) + "UPSTREAM  STATE"))
    }

    private func run(_ result: String, _ more: String = "") throws -> RoundTripRunDocument {
        var names = ["reason", "sent_at", "seconds", "queue_seconds", "handover_seconds", "transit_seconds"]
        names += ["lookup_seconds", "folder", "spf", "dkim", "dmarc", "hops"]
        let rest = names.filter { !more.contains("\"\($0)\":") }.map { "\"\($0)\":null" }.joined(separator: ",")
        let text = """
            {"name":"gmail","upstream":"ses","mailbox":"p@gmail.example","result":"\(result)",\(more)\(rest)}
            """
        return try AdminJSON.decode(RoundTripRunDocument.self, from: ByteBuffer(string: text))
    }

    @Test("a run says where the time went, and what each host's clock is off by")
    func arrival() throws {
        let lines = RoundTripRunReport(
            run: try run(
                "arrived",
                """
                "sent_at":"2026-11-21T10:00:00.000Z","seconds":2.1,"queue_seconds":0.01,"handover_seconds":0.495,\
                "transit_seconds":1.6,"folder":"inbox","spf":"pass","dkim":"fail",\
                "hops":[{"by":"mx.example\\u001b[2J","seconds":1.2,"skew_seconds":-3},\
                {"by":null,"seconds":null,"skew_seconds":0.2}],
                """)
        ).lines
        #expect(
            lines[0]
                == "gmail through ses: arrived after 2.1s, in inbox, relay 10ms, hand-over 495ms, on its way 1.6s; "
                + "SPF pass, DKIM fail")
        #expect(lines[1].hasPrefix("    +1.2s mx.example") && lines[1].hasSuffix("[2J, its clock 3.0s slow"))
        #expect(!lines[1].contains("\u{1B}") && lines[2] == "    +- a host without a name")
    }

    @Test(
        "a run without an arrival says why",
        arguments: [
            ("missing", "missing, it is not in p@gmail.example"), ("failed", "failed, the upstream has not taken it"),
            ("under_way", "still on its way, not sent yet"), ("would_send", "would send a probe to p@gmail.example"),
            ("new_word", "new_word"),
        ])
    func others(result: String, words: String) throws {
        #expect(RoundTripRunReport(run: try run(result)).lines == ["gmail through ses: \(words)"])
    }

    @Test("a run exits with 0 only if each has arrived")
    func status() throws {
        try RoundTripRunCommand.check([.arrived, .late, .wouldSend])
        func status(_ results: Set<RoundTripRunDocument.Result>) -> Failure.Status? {
            do {
                try RoundTripRunCommand.check(results)
                return nil
            } catch {
                return (error as? Failure)?.status
            }
        }
        #expect(status([.arrived, .underWay]) == .tryAgain && status([.unjudged]) == .tryAgain)
        #expect(status([.missing, .underWay]) == .notRunning && status([.notSent]) == .notRunning)
    }

    @Test("a report is a table with the incidents below")
    func report() throws {
        let text = """
            {"from":"2026-11-20T10:00:00.000Z","until":"2026-11-21T10:00:00.000Z","resolution":"minute","round_trips":[\
            {"name":"gmail","upstream":null,"sent":1440,"availability":1,"inbox_share":1,"junk_share":0,\
            "total_p50_seconds":2,"total_p95_seconds":3,"total_p99_seconds":4}],"incidents":[{"name":"gmail",\
            "upstream":"ses","state":"missing","cause":"lost","began_at":"2026-11-21T09:00:00.000Z","seconds":null}]}
            """
        let report = try AdminJSON.decode(RoundTripReportDocument.self, from: ByteBuffer(string: text))
        let lines = RoundTripReportTable(terminal: plain).lines(of: report)
        #expect(lines.count == 5 && lines[0].contains("AVAIL"))
        #expect(lines[1].hasSuffix("1440    100%    2.0s    3.0s    4.0s    100%      0%"))
        #expect(lines[4] == "2026-11-21T09:00:00.000Z gmail through ses missing and it lasts: lost")
    }

    @Test(
        "options that contradict each other are refused",
        arguments: [
            ("--output report", "--output needs --format"), ("--part points", "--part is for csv and json"),
            ("--part points --output r.html", "--part is for csv and json"),
            ("--json --format csv", "--json is the same as --format json"),
            ("--since 2026-11-21 --until 2026-11-20", "--since must be before --until"),
            ("--format csv --format json", "--format is given twice"),
        ])
    func contradictions(options: String, words: String) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(
            ["round-trip", "report"] + options.split(separator: " ").map(String.init), in: directory.path)
        #expect(result.status == 64 && result.errors.contains(words), "\(result.errors)")
    }
}
