extension ValueKind<[Int]> {
    /// Increasing percentages of traffic; every ramp ends at 100.
    static let steps = ValueKind(name: "list of percent", bounds: "rising, 1 to 100, at most 10") {
        (raw) throws(InvalidValue) in
        let remedy = "write for example [10, 25, 50]"
        guard case .list(let elements) = raw else { throw InvalidValue("is not a list of numbers", remedy) }
        guard elements.count <= 10 else { throw InvalidValue("has \(elements.count) steps", "write at most 10") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let step = try ValueKind<Int>.integer(1...100).read(element)
            guard step > before.last ?? 0 else { throw InvalidValue("is not greater than the previous step", remedy) }
            return step
        }
    } write: { steps in
        "[" + steps.map(String.init).joined(separator: ", ") + "]"
    }
}

extension ValueKind<[String]> {
    /// Unique names, at least one.
    static let labels = ValueKind(name: "list of names", bounds: "at least one") { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of names", "write for example [\"primary\", \"fallback\"]")
        }
        guard !elements.isEmpty else { throw InvalidValue("is empty", "write at least one name") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let name = try ValueKind<String>.label.read(element)
            guard !before.contains(name) else { throw InvalidValue("is a duplicate", "remove one") }
            return name
        }
    } write: { names in
        "[" + names.map { RawValue.quote($0) }.joined(separator: ", ") + "]"
    }
}
