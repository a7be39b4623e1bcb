internal import SASL

extension ValueKind<[SASLMechanism]> {
    /// SASL mechanisms of a listener: at least one, without duplicates.
    static let mechanisms = ValueKind(
        name: "list of mechanisms", bounds: SASLMechanism.served.map(\.rawValue).joined(separator: ", ")
    ) { (raw) throws(InvalidValue) in
        let remedy = "write for example [\"PLAIN\", \"LOGIN\"]"
        guard case .list(let elements) = raw else { throw InvalidValue("is not a list of mechanisms", remedy) }
        guard !elements.isEmpty else { throw InvalidValue("is empty", "write at least one, or auth = \"off\"") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let mechanism = try Self.mechanism(element)
            guard !before.contains(mechanism) else { throw InvalidValue("is there already", "remove one of the two") }
            return mechanism
        }
    } write: { mechanisms in
        "[" + mechanisms.map { RawValue.quote($0.rawValue) }.joined(separator: ", ") + "]"
    }

    private static func mechanism(_ raw: RawValue) throws(InvalidValue) -> SASLMechanism {
        guard case .string(let name) = raw, let mechanism = SASLMechanism(name: name),
            SASLMechanism.served.contains(mechanism)
        else {
            let names = SASLMechanism.served.map { RawValue.quote($0.rawValue) }.joined(separator: ", ")
            throw InvalidValue("is no mechanism of a listener", "write some of \(names)")
        }
        return mechanism
    }
}

extension ValueKind<SASLMechanism> {
    /// A way to log in to an upstream.
    static let mechanism = ValueKind(
        name: "mechanism", bounds: SASLMechanism.allCases.map(\.rawValue).joined(separator: ", ")
    ) { (raw) throws(InvalidValue) in
        guard case .string(let name) = raw, let mechanism = SASLMechanism(name: name) else {
            let names = SASLMechanism.allCases.map { RawValue.quote($0.rawValue) }.joined(separator: ", ")
            throw InvalidValue("is no mechanism of an upstream", "write one of \(names)")
        }
        return mechanism
    } write: {
        RawValue.quote($0.rawValue)
    }
}
