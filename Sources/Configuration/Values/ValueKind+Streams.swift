internal import Mail

extension ValueKind<[String]> {
    /// Unique names of streams or patterns, perhaps none.
    static let streamPatterns = ValueKind(name: "list of names", bounds: "at most 100") {
        (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of names", "write for example [\"newsletter-*\", \"shop\"]")
        }
        guard elements.count <= 100 else { throw InvalidValue("has \(elements.count) names", "keep at most 100") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let name = try ValueKind<String>.streamPattern.read(element)
            guard !before.contains(name) else { throw InvalidValue("is a duplicate", "remove one") }
            return name
        }
    } write: { names in
        "[" + names.map { RawValue.quote($0, limit: .max) }.joined(separator: ", ") + "]"
    }
}
