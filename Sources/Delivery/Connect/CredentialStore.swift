package import SASL

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why there are no credentials. Names the file, but nothing of its contents.
package struct CredentialError: Error, Hashable, CustomStringConvertible {
    package let description: String
    /// Whether a shortage of this machine is why.
    package var isShortage = false

    init(description: String, isShortage: Bool = false) {
        self.description = description
        self.isShortage = isShortage
    }
}

/// Finds an account's credentials, afresh for each session, because tokens are refreshed and passwords changed by
/// others.
package struct CredentialStore: Sendable {
    /// Larger than any token; keeps a wrong path from filling memory.
    static let sizeLimit = 64 << 10

    let username: String
    let source: SecretSource

    package init(username: String, source: SecretSource) {
        self.username = username
        self.source = source
    }

    /// Whether they are available without reading a file.
    var isAtHand: Bool {
        switch source {
        case .password: true
        case .passwordFile, .credential, .tokenFile: false
        }
    }

    package func find() -> Result<Credentials, CredentialError> {
        switch source {
        case .password(let password):
            .success(Credentials(username: username, secret: password))
        case .passwordFile(let path):
            Self.read(path, "password_file").map { Credentials(username: username, secret: .password($0)) }
        case .credential(let name):
            Self.directory().flatMap { Self.read($0 + "/" + name, "password_credential") }
                .map { Credentials(username: username, secret: .password($0)) }
        case .tokenFile(let path):
            Self.read(path, "token_file").map { Credentials(username: username, secret: .token($0)) }
        }
    }

    private static func directory() -> Result<String, CredentialError> {
        guard let path = getenv("CREDENTIALS_DIRECTORY") else {
            return .failure(
                CredentialError(description: "password_credential needs $CREDENTIALS_DIRECTORY, which is not set"))
        }
        return .success(String(cString: path))
    }

    /// A file's contents, trimmed.
    private static func read(_ path: String, _ key: String) -> Result<[UInt8], CredentialError> {
        do throws(SystemFileError) {
            return secret(try SystemFile.read(path, limit: sizeLimit + 64), path, key)
        } catch {
            return .failure(
                CredentialError(description: "\(key) \(path) \(reason(error))", isShortage: isShortage(error)))
        }
    }

    private static func reason(_ error: SystemFileError) -> String {
        switch error {
        case .call(let number, _): "cannot be read: \(SystemFile.reason(number))"
        case .tooLong: "holds more than \(sizeLimit) octets"
        case .database(let reason): "cannot be read: \(reason)"
        }
    }

    private static func isShortage(_ error: SystemFileError) -> Bool {
        switch error {
        case .call(let number, _): OwnShortage.reason(number) != nil
        case .tooLong, .database: false
        }
    }

    private static func secret(
        _ octets: [UInt8], _ path: String, _ key: String
    ) -> Result<[UInt8], CredentialError> {
        let octets = SecretText.trimmed(octets)
        guard !octets.isEmpty else { return .failure(CredentialError(description: "\(key) \(path) is empty")) }
        guard octets.count <= sizeLimit else {
            return .failure(CredentialError(description: "\(key) \(path) holds more than \(sizeLimit) octets"))
        }
        return .success(octets)
    }
}
