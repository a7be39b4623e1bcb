package import Mail

/// A page that needs nothing else: no script, no file, no network. Names in it are text, whoever chose them.
extension TripReport {
    /// - Parameter moment: when it was made.
    package func html(madeAt moment: Timestamp) -> String {
        let period = "\(Words.minute(from)) to \(Words.minute(until))"
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>Round trips, \(period)</title>
            <style>\(Self.style)</style></head><body>
            <h1>Round trips</h1>
            <p>\(period) UTC. Made at \(Words.minute(moment)) UTC from the figures of each \(level.word).</p>
            \(lines.isEmpty ? "<p>No probe was sent in this period.</p>\n" : summary)\
            \(sections)\(troubles)\(Self.notes)</body></html>

            """
    }

    // MARK: - Tables

    private var summary: String {
        let names = ["Name", "Through"].map(HTMLText.Cell.text)
        let figures = ["Sent", "Late", "Missing", "Failed", "Availability", "p50", "p95", "p99", "Inbox", "Junk"]
        return HTMLText.table(
            names + figures.map(HTMLText.Cell.figure), lines.enumerated().map { Self.row($0.element, $0.offset) })
    }

    private static func row(_ line: Line, _ number: Int) -> [HTMLText.Cell] {
        let (path, total) = (line.path, line.total)
        let names = [HTMLText.Cell.link(path.trip, to: part(number)), .text(path.upstream ?? "as routed")]
        let counts = [TripCount.sent, .late, .missing, .failed].map { Optional("\(total[$0])") }
        let times = [0.5, 0.95, 0.99].map { total.histogram(.total).percentile($0).map(Words.span) }
        let shares = [total.share(.inbox), total.share(.junk)].map { $0.map(Words.percent) }
        let figures = counts + [total.availability.map(Words.percent)] + times + shares
        return names + figures.map(HTMLText.Cell.figure)
    }

    private static func part(_ number: Int) -> String { "path-\(number + 1)" }

    private var sections: String {
        let points = Dictionary(grouping: points, by: \.path)
        let incidents = Dictionary(grouping: incidents, by: \.path)
        return lines.enumerated().map { number, line in
            let curves = TripCurves(
                points[line.path] ?? [], incidents[line.path] ?? [], level, from: from, until: until)
            return Self.section(line, curves, number)
        }.joined()
    }

    private static func section(_ line: Line, _ curves: TripCurves, _ number: Int) -> String {
        """
        <section id="\(part(number))"><h2>\(HTMLText.escaped(Words.path(line.path)))</h2>
        <p class="to">to \(HTMLText.escaped(line.path.mailbox))</p>
        \(curves.delays.svg)\(curves.availability.svg)\(folders(line.total))\(passes(line.total))\
        \(stages(line.total))</section>

        """
    }

    /// A bar, and what it says in words.
    private static func folders(_ total: TripRollup) -> String {
        let shares = TripFolder.allCases.compactMap { folder in total.share(folder).map { (folder, $0) } }
        guard !shares.isEmpty else { return "" }
        var start = 0.0
        let parts = shares.map { folder, share in
            defer { start += share * 640 }
            return "<rect class=\"f-\(folder.rawValue)\" x=\"\(start)\" width=\"\(share * 640)\" height=\"14\"/>"
        }
        let words = shares.map { folder, share in
            "<span class=\"key f-\(folder.rawValue)\">\(folder.rawValue) \(Words.percent(share))</span>"
        }
        return """
            <figure><figcaption>Folders: \(words.joined(separator: " "))</figcaption>
            <svg class="bar" viewBox="0 0 640 14" preserveAspectRatio="none" aria-hidden="true">\(parts.joined())</svg></figure>

            """
    }

    private static func passes(_ total: TripRollup) -> String {
        let words = TripMethod.allCases.compactMap { method in
            total.share(passing: method).map { "\(method.rawValue.uppercased()) \(Words.percent($0))" }
        }
        return words.isEmpty ? "" : "<p>Pass: \(words.joined(separator: ", ")).</p>\n"
    }

    private static func stages(_ total: TripRollup) -> String {
        let stages = TripStage.allCases.filter { total.histogram($0).count > 0 }
        guard !stages.isEmpty else { return "" }
        let table = HTMLText.table(
            [.text("Stage")] + ["p50", "p95", "p99", "Longest"].map(HTMLText.Cell.figure),
            stages.map { stage in
                let histogram = total.histogram(stage)
                let spans = [0.5, 0.95, 0.99].map { histogram.percentile($0) } + [histogram.max]
                return [.text(stage.words)] + spans.map { .figure($0.map(Words.span)) }
            })
        return "<div class=\"stages\">\(table)</div>\n"
    }

    private var troubles: String {
        let rows = incidents.map { incident -> [HTMLText.Cell] in
            let end = incident.ended.map(Words.minute) ?? "lasts"
            return [
                .text(Words.path(incident.path), above: incident.path.mailbox), .word(incident.verdict.words),
                .word(Words.minute(incident.began)), .word(end),
                .figure(incident.ended.map { Words.span($0 - incident.began) }), .text(incident.cause),
            ]
        }
        let names = ["Round trip", "State", "Began", "Ended"].map(HTMLText.Cell.text)
        let table = HTMLText.table(names + [.figure("Lasted"), .text("Cause")], rows)
        return "<section><h2>Incidents</h2>\n\(rows.isEmpty ? "<p>None.</p>\n" : table)</section>\n"
    }

    private static let notes = """
        <footer><p>Times are UTC. Availability is the share of probes that arrived before they counted as missing, among \
        those with a verdict; probes that nobody can judge because the mailbox was at fault are left out. Percentiles are \
        exact to 6.25 %. Shares of folders and of SPF, DKIM and DMARC are those of probes that arrived, as the mailbox \
        provider says.</p></footer>

        """
}

extension TripStage {
    fileprivate var words: String {
        switch self {
        case .queue: "In the relay"
        case .handover: "Hand-over to the upstream"
        case .transit: "From the upstream's 250 to arrival"
        case .lookup: "From arrival until the relay saw it"
        case .total: "From acceptance to arrival"
        }
    }
}

extension TripVerdict {
    fileprivate var words: String { rawValue.split(separator: "_").joined(separator: " ") }
}
