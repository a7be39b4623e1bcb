internal import Ingress
internal import Suppression

extension ValueKind<AllowedSenders> {
    /// Addresses and domains of senders: at least one, without duplicates.
    static let senders = ValueKind(
        name: "list of addresses", bounds: "`ann@example.com`, `@example.com`, `@*.example.com`, `ann@*`; 1 to 1000"
    ) { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of addresses", "write for example [\"@example.com\"]")
        }
        guard !elements.isEmpty else { throw InvalidValue("is empty", "write at least one, or leave the key out") }
        guard elements.count <= AllowedSenders.limit else {
            throw InvalidValue("has \(elements.count) entries", "write at most \(AllowedSenders.limit)")
        }
        return AllowedSenders(
            try elements.readEach { (element, before) throws(InvalidValue) in
                let pattern = try ValueKind<SuppressionPattern>.mailbox.read(element)
                guard !before.contains(pattern) else { throw InvalidValue("is there already", "remove one of the two") }
                return pattern
            })
    } write: { senders in
        "[" + senders.patterns.map { RawValue.quote($0.written, limit: .max) }.joined(separator: ", ") + "]"
    }
}

extension ValueKind<SuppressionPattern> {
    /// An address, a domain, its subdomains, or a local part.
    static let mailbox = ValueKind(
        name: "address pattern", bounds: "`ann@example.com`, `@example.com`, `@*.example.com`, `ann@*`"
    ) { (raw) throws(InvalidValue) in
        let remedy = "write for example \"ann@example.com\", \"@example.com\" or \"@*.example.com\""
        guard case .string(let text) = raw, let pattern = try? SuppressionPattern(text) else {
            throw InvalidValue("is no address, and no domain behind an \"@\"", remedy)
        }
        return pattern
    } write: {
        RawValue.quote($0.written, limit: .max)
    }
}

extension AllowedSenders {
    /// For the reference page.
    static var example: AllowedSenders { AllowedSenders([SuppressionPattern(stored: "@example.com")]) }
}
