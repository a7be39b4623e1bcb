/// A route's conditions, compiled for matching.
struct RouteConditions: Hashable, Sendable {
    private let sender: AddressPattern?
    private let recipient: AddressPattern?
    private let user: Glob?
    private let header: Header?

    private struct Header: Hashable {
        let name: String
        let pattern: Glob
    }

    init(_ match: Route.Match) {
        sender = match.sender.map(AddressPattern.init)
        recipient = match.recipient.map(AddressPattern.init)
        user = match.user.map { Glob($0) }
        header = match.header.map { text in
            Header(name: match.headerName ?? "", pattern: Glob(Route.Match.headerPattern(of: text) ?? ""))
        }
    }

    var isAboutHeader: Bool { header != nil }

    /// Whether all conditions hold.
    func hold(for subject: RouteTable.Subject, recipient address: String) -> Bool {
        guard holdBesideHeader(for: subject, recipient: address) else { return false }
        if let header, !(subject.headers[header.name].map { header.pattern.matches($0) } ?? false) { return false }
        return true
    }

    /// Whether those conditions hold that are known before the header.
    func holdBesideHeader(for subject: RouteTable.Subject, recipient address: String) -> Bool {
        if let sender, !sender.matches(subject.sender) { return false }
        if let recipient, !recipient.matches(address) { return false }
        if let user { return subject.user.map { user.matches($0) } ?? false }
        return true
    }
}

/// A whole address, `@domain`, or `<>` for the null reverse-path (RFC 5321 section 4.5.5), with `*` anywhere.
private enum AddressPattern: Hashable {
    case null
    case domain(Glob)
    case address(Glob)

    init(_ pattern: String) {
        self =
            switch pattern {
            case "<>": .null
            case _ where pattern.hasPrefix("@"): .domain(Glob(pattern.dropFirst()))
            case _: .address(Glob(pattern))
            }
    }

    func matches(_ address: String) -> Bool {
        switch self {
        case .null: return address.isEmpty
        case .address(let glob): return glob.matches(address)
        case .domain(let glob):
            guard let at = address.utf8.lastIndex(of: UInt8(ascii: "@")) else { return false }
            return glob.matches(address[address.utf8.index(after: at)...])
        }
    }
}
