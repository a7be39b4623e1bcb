import Mail
import RoundTrips
import TestKit
import Testing

@Suite("The report as a page")
struct TripPageTests {
    private func page(_ history: TripHistory, days: Int = 1) -> String {
        let from = Timestamp.sample - .seconds(86_400 * days)
        return TripReport(history, from: from, until: .sample + .seconds(60), now: .sample).html(madeAt: .sample)
    }

    @Test("has the period, the figures, a chart of each kind, folders and incidents")
    func whole() {
        let page = page(TripReportTests().history())
        for part in [
            "<title>Round trips, 2026-11-20 10:00 to 2026-11-21 10:01</title>", "<h2>gmail through ses</h2>",
            "<td class=\"n\">88.88 %</td>", "<span class=\"key k1\">p95</span>", "aria-label=\"Availability\"",
            "<span class=\"key f-junk\">junk 12.5 %</span>",
            "<td class=\"t\">missing</td><td class=\"t\">2026-11-21 09:10</td>",
            "<td>2 probes in a row are lost</td>", "<p>Pass: DKIM 87.5 %.</p>",
        ] {
            #expect(page.contains(part), "\(part)")
        }
        #expect(page.hasPrefix("<!DOCTYPE html>") && page.hasSuffix("</body></html>\n"))
    }

    @Test("says so where there is nothing")
    func empty() {
        let page = page(TripHistory())
        #expect(page.contains("No probe was sent in this period.") && page.contains("<p>None.</p>"))
        var history = TripHistory()
        history.record(TripFact(path: .sample(nil), sentAt: .sample, kind: .sent), now: .sample)
        #expect(self.page(history).contains("<h2>gmail as routed</h2>"))
    }

    @Test("names are text, and every tag that is opened is closed", arguments: 0..<40 as Range<UInt64>)
    func hostile(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let name = "<script>alert(1)</script>\"'&\u{202E}\u{0}" + someText(upTo: 40, &generator)
        let history = TripReportTests().history(TripPath(trip: name, upstream: name, mailbox: name))
        let page = page(history)
        #expect(!page.contains("<script"), "seed \(seed)")
        #expect(page.unicodeScalars.allSatisfy { $0 == "\n" || $0.value >= 0x20 && $0.value != 0x202E }, "seed \(seed)")
        #expect(Self.unclosed(page) == [], "seed \(seed)")
    }

    @Test("has no empty charts, and shades what was not ok")
    func charts() {
        var history = TripHistory()
        history.record(TripFact(path: .sample(), sentAt: .sample, kind: .sent), now: .sample)
        #expect(page(history).contains("<p>No probe arrived in this period.</p>\n<p>No probe has a verdict.</p>"))
        #expect(!page(history).contains("class=\"chart\""))
        history.record(TripFact(path: .sample(), sentAt: .sample, kind: .missing), now: .sample)
        #expect(!page(history).contains("<rect class=\"bad\""))
        history.record(.sample(.missing, at: .sample - .seconds(3000)))
        #expect(page(history).contains(/<rect class="bad" x="[0-9.]+" y="8" width="[0-9.]+" height="130"\/>/))
        #expect(page(history).contains("Availability <span class=\"key bad\">incidents</span>"))
    }

    @Test("leads from each line of the summary to its path")
    func links() {
        let page = page(TripReportTests().history())
        #expect(page.contains("<a href=\"#path-1\">gmail</a>") && page.contains("<section id=\"path-1\">"))
    }

    @Test("stays small: a chart has 240 parts, however long the period")
    func size() {
        var history = TripHistory()
        for day in 0..<3000 {
            history.record(
                TripFact(path: .sample(), sentAt: .sample - .seconds(86_400 * day), kind: .missing), now: .sample)
        }
        let page = page(history, days: 3000)
        #expect(page.utf8.count < 20_000)
        #expect(
            page.matches(of: /polyline class="k0" points="([^"]*)"/).allSatisfy {
                $0.1.split(separator: " ").count <= 240
            })
    }

    /// `swift test --filter TripPageTests --attachments-path DIRECTORY` keeps it, to be looked at in a browser.
    @Test("a year of ten paths is one page of moderate size")
    func year() {
        let from = TripYear.end - .seconds(86_400 * TripYear.days)
        let report = TripReport(TripYear.history, from: from, until: TripYear.end, now: TripYear.end)
        let page = report.html(madeAt: TripYear.end)
        Attachment.record(Array(page.utf8), named: "year.html")
        #expect(report.level == .day && report.lines.count == 10 && report.incidents.count == 40)
        #expect(page.matches(of: /<section/).count == 11 && page.utf8.count < 250_000)
        #expect(Self.unclosed(page) == [])
    }

    /// Tags that are not closed in their order.
    private static func unclosed(_ page: String) -> [String] {
        var open: [String] = []
        for tag in page.matches(of: /<(\/?)([a-z0-9]+)([^>]*)>/) {
            let name = String(tag.2)
            if ["meta"].contains(name) || tag.3.hasSuffix("/") { continue }
            if tag.1.isEmpty {
                open.append(name)
            } else if open.last == name {
                open.removeLast()
            } else {
                return open + ["/\(name)"]
            }
        }
        return open
    }
}
