import HTTPTypes

/// The cookie that holds a session, and what a request with it needs besides.
enum SessionCookie {
    static let name = "posthorse_session"

    /// The secret in a request; nil without one, and with several.
    static func secret(in fields: HTTPFields) -> String? {
        let pairs = fields[values: .cookie].joined(separator: ";").split(separator: ";").map { pair in
            String(pair.filter { $0 != " " })
        }
        let found = pairs.filter { $0.hasPrefix("\(name)=") }.map { String($0.dropFirst(name.utf8.count + 1)) }
        return found.count == 1 ? found[0] : nil
    }

    /// Whether a page of another site could have made a browser send this request: browsers add the cookie by themselves. A
    /// field of our own, or an Origin (which is checked elsewhere), is beyond such a page.
    static func couldBeForged(_ request: HTTPRequest) -> Bool {
        guard request.method != .get, request.method != .head else { return false }
        return request.headerFields[.origin] == nil && request.headerFields[.ownRequest] == nil
    }
}

extension HTTPField.Name {
    /// Sent by the page with every request.
    static let ownRequest = HTTPField.Name("X-Posthorse-Request")!
}
