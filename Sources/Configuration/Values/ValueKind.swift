/// The values a key accepts: how they are read, checked, written and described.
struct ValueKind<Value: Sendable>: Sendable {
    /// One or two words for the reference: `duration`.
    let name: String
    /// Allowed values for the reference: `1ms to 1h`; empty if every value of the type is allowed.
    let bounds: String
    let read: @Sendable (RawValue) throws(InvalidValue) -> Value
    /// The value as written in relay.conf.
    let write: @Sendable (Value) -> String
}

extension ValueKind<Int> {
    /// A whole number.
    static func integer(_ range: ClosedRange<Int>) -> ValueKind {
        let bounds = "\(range.lowerBound) to \(range.upperBound)"
        let remedy = "write a whole number from \(bounds)"
        return ValueKind(name: "integer", bounds: bounds) { (raw) throws(InvalidValue) in
            guard case .integer(let number) = raw else { throw InvalidValue("is not a whole number", remedy) }
            guard number >= range.lowerBound else { throw InvalidValue("is too small", remedy) }
            guard number <= range.upperBound else { throw InvalidValue("is too large", remedy) }
            return number
        } write: {
            String($0)
        }
    }

    /// Octets: a number, or a string with a unit.
    static func size(_ range: ClosedRange<Int>) -> ValueKind {
        let upper = range.upperBound == Int.max ? nil : SizeText.format(range.upperBound)
        let lower = range.lowerBound == 0 ? "0" : SizeText.format(range.lowerBound)
        let bounds = upper.map { "\(lower) to \($0)" } ?? "\(lower) or more"
        return ValueKind(name: "size", bounds: bounds) { (raw) throws(InvalidValue) in
            let octets = try octets(of: raw)
            guard octets >= range.lowerBound else { throw InvalidValue("is too small", "write a size of \(bounds)") }
            guard octets <= range.upperBound else { throw InvalidValue("is too large", "write a size of \(bounds)") }
            return octets
        } write: {
            $0 == 0 ? "0" : RawValue.quote(SizeText.format($0))
        }
    }

    private static func octets(of raw: RawValue) throws(InvalidValue) -> Int {
        switch raw {
        case .integer(let octets): return octets
        case .string(let text):
            guard let octets = SizeText.parse(text) else {
                throw InvalidValue("is not a size", "write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)")
            }
            return octets
        case .float, .boolean, .date, .list, .table:
            throw InvalidValue("is not a size", "write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)")
        }
    }
}

extension ValueKind<Double> {
    /// A number with or without a fraction.
    static func number(_ range: ClosedRange<Double>) -> ValueKind {
        let bounds = "\(text(range.lowerBound)) to \(text(range.upperBound))"
        let remedy = "write a number from \(bounds)"
        return ValueKind(name: "number", bounds: bounds) { (raw) throws(InvalidValue) in
            let number: Double
            switch raw {
            case .integer(let whole): number = Double(whole)
            case .float(let value) where !value.isNaN: number = value
            case .float, .string, .boolean, .date, .list, .table: throw InvalidValue("is not a number", remedy)
            }
            guard number >= range.lowerBound else { throw InvalidValue("is too small", remedy) }
            guard number <= range.upperBound else { throw InvalidValue("is too large", remedy) }
            return number
        } write: {
            String($0)
        }
    }

    private static func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}

extension ValueKind<Duration> {
    /// A time span; the unit is required.
    static func duration(_ range: ClosedRange<Duration>) -> ValueKind {
        let bounds = "\(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
        return ValueKind(name: "duration", bounds: bounds) { (raw) throws(InvalidValue) in
            let duration = try duration(of: raw)
            guard duration >= range.lowerBound else { throw InvalidValue("is too short", "write \(bounds)") }
            guard duration <= range.upperBound else { throw InvalidValue("is too long", "write \(bounds)") }
            return duration
        } write: {
            RawValue.quote(DurationText.format($0))
        }
    }

    /// A time span, or zero, which has a special meaning.
    static func durationOrNone(_ range: ClosedRange<Duration>) -> ValueKind {
        let some = duration(range)
        let bounds = "0s, or \(some.bounds)"
        return ValueKind(name: some.name, bounds: bounds) { (raw) throws(InvalidValue) in
            let duration = try duration(of: raw)
            guard duration != .zero else { return duration }
            guard duration >= range.lowerBound else { throw InvalidValue("is too short", "write \(bounds)") }
            guard duration <= range.upperBound else { throw InvalidValue("is too long", "write \(bounds)") }
            return duration
        } write: {
            some.write($0)
        }
    }

    private static func duration(of raw: RawValue) throws(InvalidValue) -> Duration {
        switch raw {
        case .string(let text):
            guard let duration = DurationText.parse(text) else {
                throw InvalidValue("is not a duration", "write a number with ms, s, m, h or d, such as \"30s\"")
            }
            return duration
        case .integer(let number):
            throw InvalidValue("has no unit", "write \"\(number)s\" for seconds or \"\(number)ms\" for milliseconds")
        case .float, .boolean, .date, .list, .table:
            throw InvalidValue("is not a duration", "write a number with ms, s, m, h or d, such as \"30s\"")
        }
    }
}
