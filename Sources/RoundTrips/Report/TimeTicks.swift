internal import Mail

/// Moments for an axis of time: whole hours, days, weeks or months, in UTC.
struct TimeTicks {
    struct Tick: Hashable {
        let moment: Timestamp
        /// `10:00`, `2026-11-21`, `2026-11`.
        let words: String
    }

    static let most = 7

    let ticks: [Tick]

    init(from: Timestamp, until: Timestamp) {
        ticks = Self.steps.lazy.compactMap { Self.multiples(of: $0, from, until) }.first ?? Self.months(from, until)
    }

    private static let minute: Int64 = 60_000
    private static let day = 1440 * minute
    private static let steps = [1, 5, 10, 30, 60, 120, 180, 360, 720, 1440, 2880, 10_080].map { $0 * minute }

    /// nil if there are too many. Weeks begin on Mondays; 1970 began on a Thursday.
    private static func multiples(of step: Int64, _ from: Timestamp, _ until: Timestamp) -> [Tick]? {
        let shift = step > 2 * day ? 4 * day : 0
        let first = (from.milliseconds - shift) / step * step + shift
        guard (until.milliseconds - first) / step <= most else { return nil }
        let moments = stride(from: first, through: until.milliseconds, by: Int(step)).map(Timestamp.init(milliseconds:))
        let ticks = moments.filter { from <= $0 }.map { Tick(moment: $0, words: words($0)) }
        return ticks.count <= most ? ticks : nil
    }

    private static func words(_ moment: Timestamp) -> String {
        let text = Words.minute(moment)
        return String(moment.milliseconds % day == 0 ? text.prefix(10) : text.suffix(5))
    }

    /// The first days of months; of every second, third, sixth, or of years, if there are many.
    private static func months(_ from: Timestamp, _ until: Timestamp) -> [Tick] {
        let days = stride(from: from.milliseconds / day * day, through: until.milliseconds, by: Int(day))
        let firsts = days.map(Timestamp.init(milliseconds:)).filter { $0 >= from }.compactMap { moment -> Tick? in
            let date = Words.minute(moment).prefix(10)
            return date.hasSuffix("-01") ? Tick(moment: moment, words: String(date.prefix(7))) : nil
        }
        let rows = [1, 2, 3, 6, 12, 24].lazy.map { step in
            firsts.filter { tick in
                let parts = tick.words.split(separator: "-").compactMap { Int($0) }
                return parts.count == 2 && (parts[0] * 12 + parts[1] - 1) % step == 0
            }
        }
        return rows.first { $0.count <= most } ?? []
    }
}
