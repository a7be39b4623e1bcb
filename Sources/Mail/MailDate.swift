/// The date-time of RFC 5322 section 3.3 in UTC, such as `Sat, 21 Nov 2026 22:19:21 +0000`.
package struct MailDate: Sendable {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private var second = Int64.min
    private var text = ""

    package init() {}

    /// The text for a timestamp; caches the last one, because many messages share a second.
    package mutating func text(of moment: Timestamp) -> String {
        let wanted = floored(moment.milliseconds, by: 1000).quotient
        if wanted != second {
            second = wanted
            text = Self.format(second: wanted)
        }
        return text
    }

    private static func format(second: Int64) -> String {
        let (day, time) = floored(second, by: 86_400)
        let (year, month, dayOfMonth) = civil(day: day)
        let weekday = days[Int(floored(day, by: 7).remainder)]
        let clock = "\(twoDigits(time / 3600)):\(twoDigits(time / 60 % 60)):\(twoDigits(time % 60))"
        return "\(weekday), \(dayOfMonth) \(months[month - 1]) \(year) \(clock) +0000"
    }

    /// The date for a day counted from 1970-01-01 in the Gregorian calendar (Hinnant, chrono-compatible algorithms).
    private static func civil(day: Int64) -> (year: Int64, month: Int, day: Int64) {
        let (era, dayOfEra) = floored(day + 719_468, by: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shifted = (5 * dayOfYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), Int(month), dayOfYear - (153 * shifted + 2) / 5 + 1)
    }

    private static func twoDigits(_ number: Int64) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}

private func floored(_ value: Int64, by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
    let remainder = (value % divisor + divisor) % divisor
    return ((value - remainder) / divisor, remainder)
}
