internal import Upstreams

extension ValueKind<String> {
    /// Envelope addresses: a whole address, a domain, or a pattern with `*`.
    static let addressPattern = pattern(
        "address pattern",
        remedy: "write an address, \"@example.com\" for a domain, or \"@*.example.com\" for its subdomains",
        Route.Match.problem(inAddress:))

    /// User names.
    static let userPattern = pattern(
        "name, or pattern", remedy: "write the name of a [[user]], or \"*\" for any authenticated user",
        Route.Match.problem(inUser:))

    /// A header field and its value.
    static let headerPattern = pattern(
        "header pattern", remedy: "write for example \"X-Mail-Class: bulk\", or \"X-Mail-Class: *\" for any value",
        Route.Match.problem(inHeader:))

    private static func pattern(
        _ name: String, remedy: String, _ problem: @escaping @Sendable (String) -> String?
    ) -> ValueKind {
        ValueKind(name: name, bounds: "") { (raw) throws(InvalidValue) in
            guard case .string(let text) = raw else {
                throw InvalidValue("is not a string", "write it in quotes, such as \"…\"")
            }
            if let problem = problem(text) { throw InvalidValue("is invalid: \(problem)", remedy) }
            return text
        } write: {
            RawValue.quote($0, limit: .max)
        }
    }
}
