/// What a server answered.
package struct WebReply: Sendable, Hashable {
    /// Octets of the body that are kept unless the client has another limit.
    package static let bodyLimit = 4096

    /// From 100 to 999; a redirect is an answer like any other, and is not followed.
    package let status: Int
    /// When the server would like to be asked again (RFC 9110 section 10.2.3); nil if it did not say so, or in a way that
    /// nobody can read. Zero for a time that has passed.
    package let retryAfter: Duration?
    /// No more of it than the client's limit, as far as they came in time.
    package let body: [UInt8]

    package init(status: Int, retryAfter: Duration? = nil, body: [UInt8] = []) {
        self.status = status
        self.retryAfter = retryAfter
        self.body = body
    }

    /// Whether the server has taken the request (RFC 9110 section 15.3).
    package var isSuccess: Bool { (200...299).contains(status) }
}
