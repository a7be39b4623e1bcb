/// Why a request over TCP was refused before it was looked at; raw values are a label of the metrics.
package enum AccessRefusal: String, Hashable, Sendable, CaseIterable {
    /// The client's address is not in `allow`.
    case network
    /// It was sent to a name that is not ours.
    case host
    /// The page that it came from is not ours.
    case origin
    /// Its token is none of ours.
    case token
    /// It has none.
    case noToken = "no_token"
    /// The role of its token is not enough.
    case role
    /// There were too many.
    case rate
}

/// Something about access over TCP that an operator may want to know.
package enum AccessEvent: Hashable, Sendable {
    /// An address where the API is served, with the port that the system chose.
    case listening(address: String, isEncrypted: Bool)
    /// A connection began.
    case opened
    /// It ended.
    case closed
    /// A request was refused.
    ///
    /// - Parameters:
    ///   - client: an IP address.
    ///   - token: the name of its token, if it had a valid one.
    case refused(AccessRefusal, client: String, token: String?)
    /// The certificate was read again.
    case reloaded(what: String)
    /// It could not be used; the former one stays in use.
    case reloadFailed(what: String, reason: String)
}
