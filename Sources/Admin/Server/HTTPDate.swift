internal import Mail

/// A time as HTTP writes it (RFC 9110 section 5.6.7): `Sat, 21 Nov 2026 22:19:21 GMT`.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(of moment: Timestamp) -> String {
        let seconds = max(0, moment.milliseconds / 1000)
        let time = CivilTime(secondsSince1970: seconds)
        let clock = [time.hour, time.minute, time.second].map(twoDigits).joined(separator: ":")
        let weekday = days[Int(seconds / 86_400 % 7)]
        return "\(weekday), \(twoDigits(time.day)) \(months[time.month - 1]) \(time.year) \(clock) GMT"
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
