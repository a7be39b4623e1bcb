internal import Mail
internal import SASL

extension ValueKind<String> {
    /// A name as SASL compares it.
    static let userName = ValueKind(name: "name", bounds: "1 to 255 octets") { (raw) throws(InvalidValue) in
        let invalidValue = InvalidValue(
            "is not a user name", "write 1 to 255 octets of text without control characters")
        guard case .string(let text) = raw, (1...255).contains(text.utf8.count),
            let prepared = StringPreparation.prepare(Array(text.utf8)), prepared == Array(text.utf8)
        else { throw invalidValue }
        return text
    } write: {
        RawValue.quote($0, limit: .max)
    }
}

extension ValueKind<PasswordHash> {
    /// Output of `posthorse hash-password`. Anything else written there may be a password, so no problem shows it.
    static let passwordHash = ValueKind(name: "password hash", bounds: "") { (raw) throws(InvalidValue) in
        let remedy = "run \"posthorse hash-password\" and copy its output here"
        guard case .string(let text) = raw else { throw InvalidValue("is not a string", remedy).discreet }
        do throws(PasswordHashError) {
            return try PasswordHash(text: text)
        } catch {
            throw InvalidValue("is not a password hash: \(error)", remedy).discreet
        }
    } write: {
        RawValue.quote($0.text, limit: .max)
    }
}

extension ValueKind<Priority> {
    /// A priority class.
    static let priority: ValueKind = {
        let words = ValueKind<String>.word(Priority.allCases.map(\.name))
        return ValueKind(name: words.name, bounds: words.bounds) { (raw) throws(InvalidValue) in
            let word = try words.read(raw)
            guard let value = Priority.allCases.first(where: { $0.name == word }) else {
                preconditionFailure("\(word) was one of the words")
            }
            return value
        } write: {
            words.write($0.name)
        }
    }()
}

extension ValueKind<Rate> {
    /// A count per second, minute or hour; a plain number is per second.
    static func rate(_ counts: ClosedRange<Int>) -> ValueKind {
        let bounds = "\(counts.lowerBound) to \(counts.upperBound)"
        let remedy = "write for example \"100/s\", \"600/m\" or \"10000/h\""
        return ValueKind(name: "rate", bounds: bounds) { (raw) throws(InvalidValue) in
            let rate: Rate?
            switch raw {
            case .integer(let count) where count < counts.lowerBound:
                throw InvalidValue("is too small", "write \(bounds)")
            case .integer(let count): rate = Rate(count: count, per: .seconds(1))
            case .string(let text): rate = RateText.parse(text, count: RateText.count)
            case .float, .boolean, .date, .list, .table: rate = nil
            }
            guard let rate else { throw InvalidValue("is not a rate", remedy) }
            guard rate.count <= counts.upperBound else { throw InvalidValue("is too large", "write \(bounds)") }
            return rate
        } write: {
            RawValue.quote(RateText.format($0) { String($0) })
        }
    }
}
