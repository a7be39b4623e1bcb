internal import Mail
package import NIOHTTP1

/// One request of HTTP/1.1.
package struct WebRequest: Sendable {
    package let url: WebURL
    package let method: HTTPMethod
    /// Besides those that the client writes: `Host`, `Content-Length`, `User-Agent` and `Connection`.
    package let headers: [(name: String, value: String)]
    package let body: [UInt8]

    package init(
        url: WebURL, method: HTTPMethod = .POST, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) {
        self.url = url
        self.method = method
        self.headers = headers
        self.body = body
    }

    /// Names that only the client writes: they say where the request ends and goes.
    private static let reserved: Set = ["host", "content-length", "transfer-encoding", "connection", "upgrade", "te"]

    /// Refuses names that are not tokens, and values with control characters (RFC 9110 section 5.5): a value must not be
    /// able to begin another field or another request.
    ///
    /// - Throws: ``WebError`` `request`, without the value.
    func check() throws(WebError) {
        for (name, value) in headers {
            guard !name.isEmpty, name.utf8.allSatisfy(Self.isToken) else {
                throw WebError(.request, "the header field has a name with characters that are not allowed")
            }
            guard !Self.reserved.contains(name.lowercased()) else {
                throw WebError(.request, "the header field \(name) is the client's own")
            }
            guard value.utf8.allSatisfy({ $0 == 0x09 || (0x20...0x7E).contains($0) || $0 >= 0x80 }) else {
                throw WebError(.request, "the header field \(name) has a control character in its value")
            }
        }
    }

    /// `tchar` of RFC 9110 section 5.6.2.
    private static func isToken(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(octet)
        }
    }

    var head: HTTPRequestHead {
        var fields: HTTPHeaders = ["host": url.authority, "connection": "close"]
        for (name, value) in headers { fields.add(name: name, value: value) }
        if !fields.contains(name: "user-agent") { fields.add(name: "user-agent", value: "Posthorse") }
        // Without it, a POST is not known to have no body (RFC 9110 section 8.6).
        if !body.isEmpty || method == .POST { fields.add(name: "content-length", value: "\(body.count)") }
        return HTTPRequestHead(version: .http1_1, method: method, uri: url.pathAndQuery, headers: fields)
    }
}
