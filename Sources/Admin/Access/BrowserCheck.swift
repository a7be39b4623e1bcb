import HTTPTypes
internal import Mail

/// What a browser may do that comes by the socket, as through `ssh -L`: it has no token to show, so the page of another site
/// must not be able to make it send anything. Programs are not concerned.
enum BrowserCheck {
    enum Refusal: Error {
        /// The name could be one whose owner lets it point here (DNS rebinding).
        case host
        /// The request comes from another page.
        case origin
    }

    /// - Throws: ``Refusal``.
    static func check(_ request: HTTPRequest) throws(Refusal) {
        guard isFromBrowser(request.headerFields) else { return }
        guard let host = request.authority, isLocal(host) else { throw .host }
        for origin in request.headerFields[values: .origin] where !isSame(origin, host) { throw .origin }
        if isFromElsewhere(request.headerFields) { throw .origin }
    }

    /// Whether the page of another site, or of another port, asks without an Origin, as for a picture or a script (Fetch
    /// Metadata). Somebody may still follow a link.
    private static func isFromElsewhere(_ fields: HTTPFields) -> Bool {
        ["cross-site", "same-site"].contains(fields[.fetchSite] ?? "") && fields[.fetchMode] != "navigate"
    }

    /// Whether it has what every browser sends, and a page cannot leave out.
    private static func isFromBrowser(_ fields: HTTPFields) -> Bool {
        fields[.origin] != nil || fields[.fetchSite] != nil || fields[.acceptLanguage] != nil
            || fields[.userAgent]?.contains("Mozilla/") == true
    }

    /// Whether nobody else can own the name: an address, or a name without a dot.
    ///
    /// - Parameter authority: with a port or without.
    private static func isLocal(_ authority: String) -> Bool {
        if authority.hasPrefix("[") { return true }
        let host = authority.prefix { $0 != ":" }
        return !host.contains(".") || IPAddress(String(host)) != nil
    }

    private static func isSame(_ origin: String, _ host: String) -> Bool {
        let origin = origin.lowercased()
        return ["http://", "https://"].contains { origin == $0 + host.lowercased() }
    }
}

extension HTTPField.Name {
    fileprivate static let fetchSite = HTTPField.Name("Sec-Fetch-Site")!
    fileprivate static let fetchMode = HTTPField.Name("Sec-Fetch-Mode")!
}
