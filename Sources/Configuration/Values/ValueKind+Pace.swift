internal import Upstreams

extension ValueKind<[PaceSubject]> {
    private static let most = 1000

    /// One domain, pattern or family, or a list of them, without duplicates.
    static let paceSubjects = ValueKind(
        name: "domain, or list of domains", bounds: "`example.com`, `*.example.com`, `*`, `family:google`; 1 to 1000"
    ) { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else { return [try parse(raw)] }
        guard !elements.isEmpty else { throw InvalidValue("is empty", "write at least one domain") }
        guard elements.count <= most else {
            throw InvalidValue("has \(elements.count) entries", "write at most \(most)")
        }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let subject = try parse(element)
            guard !before.contains(subject) else { throw InvalidValue("is there already", "remove one of the two") }
            return subject
        }
    } write: { subjects in
        let texts = subjects.map { RawValue.quote($0.text, limit: .max) }
        return texts.count == 1 ? texts[0] : "[" + texts.joined(separator: ", ") + "]"
    }

    private static func parse(_ raw: RawValue) throws(InvalidValue) -> PaceSubject {
        let remedy = "write for example \"example.com\", \"*.example.com\" or \"family:google\""
        guard case .string(let text) = raw else { throw InvalidValue("is not a domain", remedy) }
        if let subject = PaceSubject(text) { return subject }
        let lower = text.lowercased()
        if DomainFamily(rawValue: lower) != nil {
            let family = DomainFamily.prefix + lower
            throw InvalidValue("is no domain", "write \"\(family)\" for the domains of this provider")
        }
        if lower.hasPrefix(DomainFamily.prefix) {
            let families = DomainFamily.allCases.map { "\"\($0.text)\"" }.joined(separator: ", ")
            throw InvalidValue("is no family", "there are \(families)")
        }
        throw InvalidValue("is no domain in ASCII, pattern or family", remedy)
    }
}
