/// Why a mailbox does not serve, and whose fault it is.
package struct MailboxError: Error, Hashable, Sendable, CustomStringConvertible {
    /// Whose fault it is; raw values are stable words for JSON and metrics.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        /// The connection: it ended, or the server was silent.
        case network
        /// The server sent something other than its protocol, or more than the limits allow.
        case `protocol`
        /// The credentials are refused, or there is no safe way to present them.
        case authentication
        /// The server understood the request and refuses it, for now or for good.
        case refusal
    }

    /// What went wrong, in a word that does not change.
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }
    }

    package let kind: Kind
    package let code: Code
    /// A sentence for the operator; never a secret.
    package let message: String
    /// What the server said, on one line and cut; nil if it said nothing.
    package let answer: String?
    /// The response code in that answer in upper case, without arguments (RFC 5530, RFC 3206); nil if there is none.
    package let responseCode: String?

    package init(
        _ kind: Kind, _ code: Code, _ message: String, answer: String? = nil, responseCode: String? = nil
    ) {
        self.kind = kind
        self.code = code
        self.message = message
        self.answer = answer
        self.responseCode = responseCode
    }

    package var description: String { answer.map { "\(message): \($0)" } ?? message }
}

extension MailboxError.Code {
    // MARK: Network

    /// The connection ended before the session did.
    package static let closed = Self(rawValue: "closed")
    /// The server owes an answer for too long.
    package static let silent = Self(rawValue: "silent")

    // MARK: Protocol

    /// Not the syntax of the protocol.
    package static let syntax = Self(rawValue: "syntax")
    /// Well-formed, and out of place: a tag that was never sent, an answer that nobody asked for.
    package static let unexpected = Self(rawValue: "unexpected")
    /// Longer, deeper or more than the limits allow.
    package static let tooLarge = Self(rawValue: "too_large")
    /// Octets in clear text behind the answer to STARTTLS or STLS.
    package static let injection = Self(rawValue: "injection")

    // MARK: Authentication

    /// The credentials are refused.
    package static let loginRefused = Self(rawValue: "login_refused")
    /// The session is not encrypted, and credentials must not be sent in clear text.
    package static let clearText = Self(rawValue: "clear_text")
    /// The server did not prove that it knows the password (RFC 5802 section 5).
    package static let serverUnproven = Self(rawValue: "server_unproven")
    /// The authenticator gave up on the server's challenge.
    package static let challenge = Self(rawValue: "challenge")

    // MARK: Refusal

    /// The server ended the session with its greeting or with BYE.
    package static let bye = Self(rawValue: "bye")
    /// The server does not offer STARTTLS, or does not do it.
    package static let noTLS = Self(rawValue: "no_tls")
    /// The server refuses a request.
    package static let refused = Self(rawValue: "refused")
    /// The server cannot serve the account now: in use, overloaded, broken (RFC 5530, RFC 3206).
    package static let unavailable = Self(rawValue: "unavailable")
    /// The folder does not exist (RFC 5530).
    package static let noFolder = Self(rawValue: "no_folder")
    /// The server lacks a command or an extension that the request needs.
    package static let unsupported = Self(rawValue: "unsupported")
    /// The messages are not, or no longer, those that this session has read.
    package static let stale = Self(rawValue: "stale")
}
