/// A volume that an upstream allows: recipients per period. One element of `quota` in relay.conf, such as `50000/d`.
package struct Quota: Hashable, Sendable {
    package enum Period: Hashable, Sendable {
        /// A day of the calendar.
        case day
        /// A month of the calendar.
        case month
        /// Any span of this length.
        case rolling(Duration)
    }

    /// Recipients; at least 1.
    package let limit: Int
    package let period: Period

    package static let longestWindow = Duration.seconds(31 * 86_400)

    package init(limit: Int, period: Period) {
        self.limit = limit
        self.period = period
    }

    /// Parses `50000/d`, `1000000/month` or `50000/24h`; nil if it is none of these.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let limit = Self.number(parts[0]), limit > 0, let period = Period(parts[1]) else {
            return nil
        }
        self.init(limit: limit, period: period)
    }

    /// As in relay.conf.
    package var text: String { "\(limit)/\(period.text)" }

    fileprivate static func number(_ text: some StringProtocol) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}

extension Quota.Period {
    /// Parses `d`, `month` or `24h`; a day is one of the calendar, and `24h` is any span of that length. `m` would be a
    /// minute to some and a month to others.
    package init?(_ text: some StringProtocol) {
        switch String(text) {
        case "d", "day": self = .day
        case "month": self = .month
        case "h": self = .rolling(.seconds(3600))
        case let other:
            guard let unit = other.last.flatMap({ $0 == "h" ? 3600 : $0 == "d" ? 86_400 : nil }),
                let count = Quota.number(other.dropLast()), (1...1000).contains(count)
            else { return nil }
            let window = Duration.seconds(count * unit)
            guard window <= Quota.longestWindow else { return nil }
            self = .rolling(window)
        }
    }

    /// As in relay.conf.
    package var text: String {
        switch self {
        case .day: "d"
        case .month: "month"
        case .rolling(let window): "\(window.components.seconds / 3600)h"
        }
    }
}
