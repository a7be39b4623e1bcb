import ArgumentParser
import Console
import Glibc
import Mail
import Telemetry

/// A moment in the past on the command line: a time of RFC 3339, a local date or weekday, which means its beginning, or how
/// long ago.
struct MomentArgument: ExpressibleByArgument {
    let moment: Timestamp

    init?(argument: String) {
        guard let moment = Self.moment(argument.lowercased(), now: EventLog.wallClock()) else { return nil }
        self.moment = moment
    }

    static let help = """
        a time such as 2026-11-24T08:00:00Z, a local date such as 2026-11-24 or "2026-11-24 08:00", today, yesterday, a \
        weekday such as tuesday (the last one), or how long ago, such as 2h or 3d
        """

    /// - Parameter text: in small letters.
    static func moment(_ text: String, now: Timestamp) -> Timestamp? {
        if let moment = Timestamp(dateTime: text.uppercased().utf8) { return moment }
        if text == "now" { return now }
        if text == "today" { return day(0, before: now) }
        if text == "yesterday" { return day(1, before: now) }
        if let weekday = weekdays.firstIndex(where: { text == $0 || text == $0.prefix(3) }) {
            return day((parts(of: now).tm_wday - Int32(weekday) + 7) % 7, before: now)
        }
        if let moment = localTime(text) { return moment }
        return DurationArgument(argument: text).map { now - $0.duration }
    }

    private static let weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]

    private static func parts(of moment: Timestamp) -> tm {
        var (seconds, parts) = (time_t(moment.milliseconds / 1000), tm())
        localtime_r(&seconds, &parts)
        return parts
    }

    /// The beginning of a local day.
    private static func day(_ days: Int32, before now: Timestamp) -> Timestamp? {
        var parts = parts(of: now)
        (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (0, 0, 0, -1)
        parts.tm_mday -= days
        return timestamp(&parts)
    }

    private static func timestamp(_ parts: inout tm) -> Timestamp? {
        let seconds = mktime(&parts)
        return seconds == -1 ? nil : Timestamp(milliseconds: Int64(seconds) * 1000)
    }

    /// `2026-11-24`, `2026-11-24 08:00` or `2026-11-24t08:00:30`.
    private static func localTime(_ text: String) -> Timestamp? {
        let halves = text.split(maxSplits: 1) { $0 == " " || $0 == "t" }
        guard let date = halves.first.flatMap({ numbers($0, "-", [4, 2, 2]) }),
            let time = halves.count == 1 ? [0, 0, 0] : timeOfDay(halves[1])
        else { return nil }
        var parts = tm()
        (parts.tm_year, parts.tm_mon, parts.tm_mday) = (date[0] - 1900, date[1] - 1, date[2])
        (parts.tm_hour, parts.tm_min, parts.tm_sec, parts.tm_isdst) = (time[0], time[1], time[2], -1)
        let asked = (parts.tm_mon, parts.tm_mday)
        let moment = timestamp(&parts)
        // A day or an hour that does not exist becomes another one.
        return asked == (parts.tm_mon, parts.tm_mday) ? moment : nil
    }

    private static func timeOfDay(_ text: Substring) -> [Int32]? {
        guard let time = numbers(text, ":", [2, 2]).map({ $0 + [0] }) ?? numbers(text, ":", [2, 2, 2]) else {
            return nil
        }
        return time[0] < 24 && time[1] < 60 && time[2] < 60 ? time : nil
    }

    /// Numbers between these marks, each with its count of digits.
    private static func numbers(_ text: Substring, _ mark: Character, _ digits: [Int]) -> [Int32]? {
        let parts = text.split(separator: mark, omittingEmptySubsequences: false)
        guard parts.map(\.count) == digits, parts.allSatisfy({ $0.allSatisfy { ("0"..."9").contains($0) } }) else {
            return nil
        }
        return parts.compactMap { Int32($0) }
    }
}
