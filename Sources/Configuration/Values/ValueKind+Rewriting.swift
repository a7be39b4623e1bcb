internal import Ingress

extension ValueKind<RewriteTarget> {
    /// An address, or a domain behind an `@`.
    static let rewriteTarget = ValueKind(
        name: "address", bounds: "`ann@example.com`, or `@example.com` to keep the local part"
    ) { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw, let target = RewriteTarget(text) else {
            throw InvalidValue(
                "is no address in ASCII, and no domain behind an \"@\"",
                "write for example \"ann@example.com\" or \"@example.com\"")
        }
        return target
    } write: {
        RawValue.quote($0.text, limit: .max)
    }
}
