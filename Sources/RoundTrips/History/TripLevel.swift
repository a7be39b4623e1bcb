internal import Mail

/// How finely the past is kept.
package enum TripLevel: Int, Hashable, Sendable, CaseIterable {
    case minute, hour, day

    /// Of one roll-up, in milliseconds.
    package var length: Int64 {
        switch self {
        case .minute: 60_000
        case .hour: 3_600_000
        case .day: 86_400_000
        }
    }

    /// How long a roll-up is kept.
    package var kept: Duration {
        switch self {
        case .minute: .seconds(2 * 86_400)
        case .hour: .seconds(60 * 86_400)
        case .day: .seconds(3_653 * 86_400)
        }
    }

    /// The number of the roll-up that a moment belongs to, counted from 1970 in UTC.
    func number(of moment: Timestamp) -> Int64 {
        let (quotient, rest) = moment.milliseconds.quotientAndRemainder(dividingBy: length)
        return rest < 0 ? quotient - 1 : quotient
    }

    func start(of number: Int64) -> Timestamp {
        Timestamp(milliseconds: number.multipliedReportingOverflow(by: length).partialValue)
    }
}
