internal import Mail

/// A chart of lines over time, as SVG.
struct TripChart {
    struct Line {
        let name: String
        /// nil where nothing is known: the line has a gap.
        let values: [Double?]
    }

    /// A time in which the path was not `ok`.
    struct Shade {
        let from: Timestamp
        let until: Timestamp
        let isLate: Bool
    }

    /// Room for the plot, and around it for figures.
    private static let (width, height) = (640.0, 130.0)
    private static let (left, right, bottom, top) = (64.0, 36.0, 24.0, 8.0)

    let title: String
    let times: [Timestamp]
    let lines: [Line]
    /// Behind the lines.
    let shades: [Shade]
    /// What to say where there is no value.
    let nothing: String
    /// Of the axis.
    let range: ClosedRange<Double>
    /// A value of the axis for people.
    let words: (Double) -> String

    var svg: String {
        guard lines.contains(where: { $0.values.contains { $0 != nil } }) else {
            return "<p>\(HTMLText.escaped(nothing))</p>\n"
        }
        let (width, height) = (Self.left + Self.width + Self.right, Self.top + Self.height + Self.bottom)
        let box = "0 0 \(Self.text(width)) \(Self.text(height))"
        let plots = lines.enumerated().map { plot($0.element, kind: $0.offset) }
        return """
            <figure><figcaption>\(HTMLText.escaped(title))\(legend)</figcaption>
            <div class="scroll">
            <svg class="chart" viewBox="\(box)" role="img" aria-label="\(HTMLText.escaped(title))">
            \(shadows)\(grid)\(ticks)\(plots.joined())</svg></div></figure>

            """
    }

    private var legend: String {
        let names = lines.enumerated().map {
            "<span class=\"key k\($0.offset)\">\(HTMLText.escaped($0.element.name))</span>"
        }
        let shade = shadows.isEmpty ? [] : ["<span class=\"key bad\">incidents</span>"]
        let items = (lines.count > 1 ? names : []) + shade
        return items.map { " \($0)" }.joined()
    }

    // MARK: - Axes

    private var grid: String {
        (0...4).map { step in
            let value = range.lowerBound + (range.upperBound - range.lowerBound) * Double(step) / 4
            let y = Self.text(self.y(value))
            return """
                <line class="grid" x1="\(Self.text(Self.left))" x2="\(Self.text(Self.left + Self.width))" y1="\(y)" y2="\(y)"/>\
                <text class="y" x="\(Self.text(Self.left - 6))" y="\(y)">\(HTMLText.escaped(words(value)))</text>

                """
        }.joined()
    }

    private var ticks: String {
        guard let first = times.first, let last = times.last else { return "" }
        let y = Self.text(Self.top + Self.height + 16)
        return TimeTicks(from: first, until: last).ticks.map {
            "<text x=\"\(Self.text(x($0.moment)))\" y=\"\(y)\" text-anchor=\"middle\">\($0.words)</text>\n"
        }.joined()
    }

    /// At least as wide as can be seen.
    private var shadows: String {
        guard let first = times.first, let last = times.last else { return "" }
        return shades.filter { $0.until > first && $0.from < last }.map { shade in
            let from = x(shade.from)
            let width = max(2, x(shade.until) - from)
            let kind = shade.isLate ? "late" : "bad"
            return """
                <rect class="\(kind)" x="\(Self.text(from))" y="\(Self.text(Self.top))" width="\(Self.text(width))" \
                height="\(Self.text(Self.height))"/>

                """
        }.joined()
    }

    private func x(_ place: Int) -> Double {
        times.count < 2 ? Self.left : Self.left + Self.width * Double(place) / Double(times.count - 1)
    }

    private func x(_ moment: Timestamp) -> Double {
        guard let first = times.first, let last = times.last, first < last else { return Self.left }
        return Self.left + Self.width * min(max((moment - first) / (last - first), 0), 1)
    }

    private func y(_ value: Double) -> Double {
        let part = (value - range.lowerBound) / (range.upperBound - range.lowerBound)
        return Self.top + Self.height * (1 - min(max(part, 0), 1))
    }

    // MARK: - Lines

    /// A line through what is near to each other, as where there is a probe in every third part; a dot for what stands
    /// alone.
    private func plot(_ line: Line, kind: Int) -> String {
        var runs: [[Int]] = []
        for (place, value) in line.values.enumerated() where value != nil {
            if let last = runs.last?.last, place - last <= max(1, times.count / 60) {
                runs[runs.count - 1].append(place)
            } else {
                runs.append([place])
            }
        }
        return runs.map { run in
            let points = run.map { "\(Self.text(x($0))),\(Self.text(y(line.values[$0] ?? 0)))" }
            guard points.count > 1 else {
                let parts = points[0].split(separator: ",")
                return "<circle class=\"k\(kind)\" cx=\"\(parts[0])\" cy=\"\(parts[1])\" r=\"2\"/>\n"
            }
            return "<polyline class=\"k\(kind)\" points=\"\(points.joined(separator: " "))\"/>\n"
        }.joined()
    }

    /// With one digit behind the point.
    private static func text(_ number: Double) -> String {
        let tenths = Int((number * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
