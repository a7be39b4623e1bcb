internal import COpenSSL
package import Mail

/// Why a context could not be created, a handshake failed, or a connection broke.
package typealias TLSError = CodedError<TLSDomain>

/// The domain of ``TLSError``.
package enum TLSDomain {}

extension TLSError.Code {
    /// A certificate, key or list of authorities is unreadable or does not match.
    package static var badFile: Self { Self(rawValue: "bad_file") }
    /// The peer's certificate is untrusted, expired, or for another name.
    package static var untrusted: Self { Self(rawValue: "untrusted") }
    /// The peers did not agree, or one violated the protocol, before the handshake was complete.
    package static var handshake: Self { Self(rawValue: "handshake") }
    /// The connection ended without a closing alert (truncation), or a record was damaged.
    package static var broken: Self { Self(rawValue: "broken") }
    /// The peer took too long over the handshake or the shutdown.
    package static var timeout: Self { Self(rawValue: "timeout") }
    /// Any other error from libssl or libcrypto.
    package static var cryptography: Self { Self(rawValue: "cryptography") }
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
