/// How a message was received, as named in the `with` clause of `Received`: the registry of RFC 3848 section 1 and, for
/// messages with SMTPUTF8, RFC 6531 section 4.3.
struct TransmissionType: Hashable, Sendable {
    /// Whether the client sent EHLO.
    var isExtended: Bool
    var usesUTF8 = false
    var isEncrypted = false
    var isAuthenticated = false
    /// By the API, which is no mail protocol and has no name in the registry.
    var isHTTP = false

    /// The clause, including the word before the ID.
    var clause: StaticString {
        guard !isHTTP else { return " with HTTP id " }
        guard isExtended else { return " with SMTP id " }
        return switch (usesUTF8, isEncrypted, isAuthenticated) {
        case (false, false, false): " with ESMTP id "
        case (false, false, true): " with ESMTPA id "
        case (false, true, false): " with ESMTPS id "
        case (false, true, true): " with ESMTPSA id "
        case (true, false, false): " with UTF8SMTP id "
        case (true, false, true): " with UTF8SMTPA id "
        case (true, true, false): " with UTF8SMTPS id "
        case (true, true, true): " with UTF8SMTPSA id "
        }
    }
}
