internal import Upstreams

/// Whether one route leaves nothing for a later one.
///
/// Sound but incomplete: it misses cases such as two routes that together leave nothing for a third.
enum RouteCoverage {
    /// Whether every message that matches `second` also matches `first`.
    static func covers(_ first: Route.Match, _ second: Route.Match) -> Bool {
        covers(first.sender, second.sender, coversAddress) && covers(first.recipient, second.recipient, coversAddress)
            && covers(first.user, second.user) { Glob($0).matches($1) }
            && covers(first.header, second.header, coversHeader)
    }

    /// No condition covers everything, and is covered only by no condition.
    private static func covers(
        _ first: String?, _ second: String?, _ isCovered: (String, String) -> Bool
    ) -> Bool {
        guard let first else { return true }
        return second.map { isCovered(first, $0) } ?? false
    }

    /// A pattern that matches another pattern as text matches everything the other one matches, because only a star can
    /// match a star.
    private static func coversAddress(_ first: String, _ second: String) -> Bool {
        if first == "<>" { return second == "<>" }
        let text = second == "<>" ? "" : second.hasPrefix("@") ? "*" + second : second
        guard first.hasPrefix("@") else { return Glob(first).matches(text) }
        guard let at = text.lastIndex(of: "@") else { return false }
        return Glob(first.dropFirst()).matches(text[text.index(after: at)...])
    }

    private static func coversHeader(_ first: String, _ second: String) -> Bool {
        guard let (name, pattern) = parts(first), let (other, text) = parts(second) else { return false }
        return name == other && Glob(pattern).matches(text)
    }

    private static func parts(_ header: String) -> (name: String, pattern: String)? {
        guard let colon = header.firstIndex(of: ":") else { return nil }
        let pattern = header[header.index(after: colon)...].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()
        return (header[..<colon].lowercased(), String(pattern))
    }
}
