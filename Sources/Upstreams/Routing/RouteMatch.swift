/// Validation of a route's conditions.
extension Route.Match {
    /// Maximum pattern length; an address has at most 320 octets (RFC 5321 section 4.5.3.1).
    private static let longest = 320

    /// Whether there is no condition.
    package var isEmpty: Bool { self == Route.Match() }

    /// Lower-case name of the field in ``header``; nil if there is none, or if it is not a valid name.
    package var headerName: String? {
        header.flatMap { Self.split($0)?.name }
    }

    static func headerPattern(of text: String) -> String? { split(text)?.pattern }

    /// A field name is printable ASCII without the colon (RFC 5322 section 3.6.8).
    private static func split(_ text: String) -> (name: String, pattern: String)? {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let name = text[..<colon]
        guard !name.isEmpty, name.utf8.allSatisfy({ (33...126).contains($0) }) else { return nil }
        let rest = text[text.utf8.index(after: colon)...]
        let pattern = rest.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return (name.lowercased(), String(pattern))
    }

    // MARK: - Problems

    /// The problem with a pattern for ``sender`` or ``recipient``; nil if there is none.
    package static func problem(inAddress pattern: String) -> String? {
        if let problem = problem(inText: pattern) { return problem }
        if pattern == "<>" { return nil }
        if pattern.contains(where: { $0 == " " || $0 == "<" || $0 == ">" }) {
            return "write addresses without spaces and angle brackets; \"<>\" alone stands for the empty sender"
        }
        if pattern == "@" { return "the domain is missing; \"@*\" stands for any" }
        // The only address without a domain (RFC 5321 section 4.1.1.3).
        guard !pattern.contains("@"), !pattern.contains("*"), pattern.lowercased() != "postmaster" else { return nil }
        return "it lacks \"@\"; \"@\(pattern)\" stands for a whole domain"
    }

    /// The problem with a pattern for ``user``; nil if there is none.
    package static func problem(inUser pattern: String) -> String? {
        problem(inText: pattern)
    }

    /// The problem with ``header``; nil if there is none.
    package static func problem(inHeader text: String) -> String? {
        if let problem = problem(inText: text) { return problem }
        guard let parts = split(text) else { return "it must have the form \"Name: pattern\"" }
        return parts.pattern.isEmpty ? "the pattern is missing; \"\(parts.name): *\" matches any value" : nil
    }

    private static func problem(inText text: String) -> String? {
        if text.isEmpty { return "it is empty" }
        if text.utf8.count > longest { return "it has more than \(longest) octets" }
        let hasControls = text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
        return hasControls ? "it contains control characters" : nil
    }
}
