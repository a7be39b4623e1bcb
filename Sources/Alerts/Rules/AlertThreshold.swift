/// What a figure is compared with: `above` of an alert.
package enum AlertThreshold: Hashable, Sendable {
    case duration(Duration)
    case count(Int)
    /// 0 to 100.
    case percent(Double)
    case octets(Int)

    package enum Unit: String, Hashable, Sendable {
        case duration, count, percent, octets
    }

    package var unit: Unit {
        switch self {
        case .duration: .duration
        case .count: .count
        case .percent: .percent
        case .octets: .octets
        }
    }

    var duration: Duration? { if case .duration(let value) = self { value } else { nil } }
    var count: Int? { if case .count(let value) = self { value } else { nil } }
    var percent: Double? { if case .percent(let value) = self { value } else { nil } }
}
