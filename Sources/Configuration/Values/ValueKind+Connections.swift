internal import Upstreams

extension ValueKind<ConnectionCount> {
    /// A number of sessions, or `auto`.
    static func connections(_ range: ClosedRange<Int>) -> ValueKind {
        let auto = RawValue.quote(ConnectionCount.autoName)
        let bounds = "\(ConnectionCount.autoName), or \(range.lowerBound) to \(range.upperBound)"
        let remedy = "write \(auto), or a whole number from \(range.lowerBound) to \(range.upperBound)"
        return ValueKind(name: "integer or word", bounds: bounds) { (raw) throws(InvalidValue) in
            if raw == .string(ConnectionCount.autoName) { return .auto }
            guard case .integer(let number) = raw else { throw InvalidValue("is not a number of sessions", remedy) }
            guard number >= range.lowerBound else { throw InvalidValue("is too small", remedy) }
            guard number <= range.upperBound else { throw InvalidValue("is too large", remedy) }
            return .fixed(number)
        } write: {
            switch $0 {
            case .auto: auto
            case .fixed(let number): String(number)
            }
        }
    }
}
