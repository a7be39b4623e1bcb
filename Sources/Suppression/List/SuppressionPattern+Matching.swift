internal import Mail

extension SuppressionPattern {
    /// Whether an address fits.
    ///
    /// - Parameter address: in normal form (``NormalAddress``).
    package func matches(normal address: String) -> Bool {
        let (text, parts) = (text.utf8, Address(unchecked: address))
        let (local, domain) = (parts.localPart.utf8, parts.domain.utf8)
        return switch kind {
        case .address: text.elementsEqual(address.utf8)
        case .domain: text.dropFirst().elementsEqual(domain)
        case .subdomains:
            domain.count > text.count - 2 && domain.suffix(text.count - 2).elementsEqual(text.dropFirst(2))
        case .localPart: !domain.isEmpty && text.dropLast(2).elementsEqual(local)
        }
    }
}
