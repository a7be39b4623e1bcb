internal import Mail

extension ValueKind<Address> {
    /// A mailbox, `local-part@domain`.
    static let address = ValueKind(name: "address", bounds: "") { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw else {
            throw InvalidValue("is not a string", "write it in quotes, such as \"…\"")
        }
        let address = Address(unchecked: text)
        let isPlain = address.localPart.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && !Self.special.contains($0) }
        guard isPlain, (1...64).contains(address.localPart.utf8.count), DomainName.isValid(String(address.domain))
        else {
            throw InvalidValue("is not an address", "write for example \"postmaster@example.com\"")
        }
        return address
    } write: {
        RawValue.quote($0.text, limit: .max)
    }

    /// What needs quotation marks in an address.
    private static let special = Set("()<>[]:;@\\,\"".utf8)
}
