internal import COpenSSL

/// Why a context could not be created, a handshake failed, or a connection broke.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A certificate, key or list of authorities is unreadable or does not match.
        package static let badFile = Code(rawValue: "bad_file")
        /// The peer's certificate is untrusted, expired, or for another name.
        package static let untrusted = Code(rawValue: "untrusted")
        /// The peers did not agree, or one violated the protocol, before the handshake was complete.
        package static let handshake = Code(rawValue: "handshake")
        /// The connection ended without a closing alert (truncation), or a record was damaged.
        package static let broken = Code(rawValue: "broken")
        /// The peer took too long over the handshake or the shutdown.
        package static let timeout = Code(rawValue: "timeout")
        /// Any other error from libssl or libcrypto.
        package static let cryptography = Code(rawValue: "cryptography")
    }

    package let code: Code
    /// A sentence for the operator.
    package let message: String
    /// Causes reported by the library, innermost first.
    package let causes: [String]

    package init(_ code: Code, _ message: String, causes: [String] = []) {
        self.code = code
        self.message = message
        self.causes = causes
    }

    package var description: String {
        causes.isEmpty ? message : "\(message): \(causes.joined(separator: "; "))"
    }
}

extension TLSError {
    /// An error about one file; `problem` continues the sentence after its name.
    static func badFile(_ path: String, _ problem: String) -> TLSError {
        TLSError(.badFile, "\(path) \(problem)")
    }

    /// Builds an error from this thread's error queue in the library, and empties the queue.
    init(draining code: Code, _ message: String) {
        var causes: [String] = []
        while case let error = ERR_get_error(), error != 0 {
            let text = ERR_reason_error_string(error).map { String(cString: $0) } ?? "error \(error)"
            if !causes.contains(text) { causes.append(text) }
        }
        self.init(code, message, causes: causes)
    }
}
