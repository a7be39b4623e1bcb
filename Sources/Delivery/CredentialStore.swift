internal import SASL

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// Why there are no credentials. Names the file and holds nothing of what is in it.
struct CredentialError: Error, Hashable, CustomStringConvertible {
    let description: String
}

/// Finds the credentials of an account, anew for each session: tokens are refreshed and passwords are changed by others.
struct CredentialStore: Sendable {
    /// More than any token needs; keeps a wrong path from filling the memory.
    static let sizeLimit = 64 << 10

    let username: String
    let source: SecretSource

    /// Whether they are at hand without a look at a file.
    var isAtHand: Bool {
        switch source {
        case .password: true
        case .passwordFile, .credential, .tokenFile: false
        }
    }

    func find() -> Result<Credentials, CredentialError> {
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

    /// What a file holds, without the line end at its end.
    private static func read(_ path: String, _ key: String) -> Result<[UInt8], CredentialError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return unreadable(path, key) }
        defer { close(descriptor) }
        var octets = [UInt8](repeating: 0, count: sizeLimit + 1)
        var count = 0
        while count < octets.count {
            let start = count
            let got = octets.withUnsafeMutableBytes { bytes in
                pread(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start, off_t(start))
            }
            if got < 0 && errno == EINTR { continue }
            if got < 0 { return unreadable(path, key) }
            if got == 0 { break }
            count += got
        }
        return secret(octets[..<count], path, key)
    }

    private static func secret(
        _ octets: ArraySlice<UInt8>, _ path: String, _ key: String
    ) -> Result<[UInt8], CredentialError> {
        var octets = octets
        if octets.last == UInt8(ascii: "\n") { octets.removeLast() }
        if octets.last == UInt8(ascii: "\r") { octets.removeLast() }
        guard !octets.isEmpty else { return .failure(CredentialError(description: "\(key) \(path) is empty")) }
        guard octets.count <= sizeLimit else {
            return .failure(CredentialError(description: "\(key) \(path) holds more than \(sizeLimit) octets"))
        }
        return .success(Array(octets))
    }

    private static func unreadable(_ path: String, _ key: String) -> Result<[UInt8], CredentialError> {
        .failure(CredentialError(description: "\(key) \(path) cannot be read: \(String(cString: strerror(errno)))"))
    }
}
