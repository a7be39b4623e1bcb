internal import Mail

/// A chart of lines over time, as SVG.
struct TripChart {
    struct Line {
        let name: String
        /// nil where nothing is known: the line has a gap.
        let values: [Double?]
    }

    /// Room for the plot, and around it for figures.
    private static let (width, height) = (640.0, 150.0)
    private static let (left, bottom, top) = (64.0, 24.0, 8.0)

    let title: String
    let times: [Timestamp]
    let lines: [Line]
    /// Of the axis.
    let range: ClosedRange<Double>
    /// A value of the axis for people.
    let words: (Double) -> String

    var svg: String {
        let box = "0 0 \(Self.text(Self.left + Self.width + 16)) \(Self.text(Self.top + Self.height + Self.bottom))"
        let plots = lines.enumerated().map { plot($0.element, kind: $0.offset) }
        return """
            <figure><figcaption>\(HTMLText.escaped(title))\(legend)</figcaption>
            <svg viewBox="\(box)" role="img" aria-label="\(HTMLText.escaped(title))">
            \(grid)\(ticks)\(plots.joined())</svg></figure>

            """
    }

    private var legend: String {
        guard lines.count > 1 else { return "" }
        let items = lines.enumerated().map {
            "<span class=\"key k\($0.offset)\">\(HTMLText.escaped($0.element.name))</span>"
        }
        return ": " + items.joined(separator: " ")
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

    /// First, last, and some between.
    private var ticks: String {
        let count = times.count
        guard count > 0 else { return "" }
        let places = Set((0...4).map { (count - 1) * $0 / 4 }).sorted()
        let y = Self.text(Self.top + Self.height + 16)
        return places.enumerated().map { order, place in
            let anchor = order == 0 ? "start" : order == places.count - 1 ? "end" : "middle"
            return """
                <text x="\(Self.text(x(place)))" y="\(y)" text-anchor="\(anchor)">\(Words.minute(times[place]))</text>

                """
        }.joined()
    }

    private func x(_ place: Int) -> Double {
        times.count < 2 ? Self.left : Self.left + Self.width * Double(place) / Double(times.count - 1)
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
