internal import Delivery

extension ValueKind<SenderTemplate> {
    /// An address that may carry the queue ID.
    static let senderTemplate = ValueKind(
        name: "address", bounds: "may have `\(SenderTemplate.placeholder)` once, before the `@`"
    ) { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw, let template = SenderTemplate(text) else {
            throw InvalidValue(
                "makes no address in ASCII of at most 64 octets before the \"@\"",
                "write for example \"bounce+\(SenderTemplate.placeholder)@example.com\"")
        }
        return template
    } write: {
        RawValue.quote($0.text, limit: .max)
    }
}

extension SenderTemplate {
    /// For the reference page.
    static var example: SenderTemplate {
        guard let template = SenderTemplate("bounce+\(placeholder)@example.com") else {
            preconditionFailure("the example is an address")
        }
        return template
    }
}
