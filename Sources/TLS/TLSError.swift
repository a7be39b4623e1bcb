internal import COpenSSL

/// Why a context could not be made, a handshake failed, or a connection broke.
package struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: RawRepresentable, Hashable, Sendable {
        package let rawValue: String

        package init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// A certificate, key or list of authorities cannot be read or does not fit.
        package static let badFile = Code(rawValue: "bad_file")
        /// The peer's certificate is not trusted, has expired, or bears another name.
        package static let untrusted = Code(rawValue: "untrusted")
        /// The peers did not agree, or one broke the protocol, before the handshake was over.
        package static let handshake = Code(rawValue: "handshake")
        /// The connection ended without the closing alert (a truncation), or a record was damaged.
        package static let broken = Code(rawValue: "broken")
        /// The peer did not get on with the handshake or the shutdown in time.
        package static let timeout = Code(rawValue: "timeout")
        /// Anything else that libssl or libcrypto says.
        package static let cryptography = Code(rawValue: "cryptography")
    }

    package let code: Code
    /// A sentence for the operator.
    package let message: String
    /// What the library had noted, the deepest cause first.
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
    /// An error about one file; `problem` goes on after its name.
    static func badFile(_ path: String, _ problem: String) -> TLSError {
        TLSError(.badFile, "\(path) \(problem)")
    }

    /// Makes an error of what this thread's queue of the library holds, and empties it.
    init(draining code: Code, _ message: String) {
        var causes: [String] = []
        while case let error = ERR_get_error(), error != 0 {
            let text = ERR_reason_error_string(error).map { String(cString: $0) } ?? "error \(error)"
            if !causes.contains(text) { causes.append(text) }
        }
        self.init(code, message, causes: causes)
    }
}
