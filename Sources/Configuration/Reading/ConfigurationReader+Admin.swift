internal import Access
internal import Ingress
internal import Mail
internal import TLS

/// Checks across the keys of `[admin]`: where the API is served, and to whom.
extension ConfigurationReader {
    private static let admin = ConfigurationPath.root.key("admin")

    mutating func checkAdmin(_ draft: ConfigurationDraft) {
        checkTokens(draft)
        let addresses = draft.httpAddresses ?? []
        guard !addresses.isEmpty else { return checkUnserved(draft.http) }
        checkEncryption(draft.http, addresses)
        checkAddresses(addresses, draft)
        if draft.http.tokens.isEmpty, failures.isDisjoint(with: [Self.admin.key("token"), Self.admin.key("http")]) {
            report(
                .warning, at: Self.admin.key("http"), "nobody can use it without a token",
                "add an [[admin.token]] with the hash that \"posthorse token create\" prints")
        }
        if draft.http.trustedProxies.contains(where: { IPNetwork($0)?.isEverything == true }) {
            report(
                .warning, at: Self.admin.key("trusted_proxies"), "anyone may claim any client address",
                "list the addresses of your proxies")
        }
    }

    /// What is set for an API that is not served.
    private mutating func checkUnserved(_ http: HTTPSettings) {
        let unused = [
            ("certificate", http.certificates), ("hosts", http.hosts), ("trusted_proxies", http.trustedProxies),
        ]
        for (key, value) in unused where !value.isEmpty {
            report(.warning, at: Self.admin.key(key), "is for http, which is not set", "set http, or remove it")
        }
    }

    private mutating func checkEncryption(_ http: HTTPSettings, _ addresses: [HostAndPort]) {
        let (http, path) = (http, Self.admin.key("http"))
        guard !failures.contains(path), !failures.contains(Self.admin.key("certificate")) else { return }
        if !http.privateKeys.isEmpty, http.privateKeys.count != http.certificates.count {
            report(
                at: Self.admin.key("private_key"),
                "has \(http.privateKeys.count) keys for \(http.certificates.count) certificates",
                "list one per certificate, in the same order")
        }
        guard http.certificates.isEmpty else { return }
        for address in addresses where IPAddress(address.host)?.isLoopback == false {
            report(
                at: path, "\"\(address)\" is not a loopback address, and tokens must not cross a network in clear text",
                "set certificate, or use \"127.0.0.1:\(address.port)\"")
        }
    }

    private mutating func checkAddresses(_ addresses: [HostAndPort], _ draft: ConfigurationDraft) {
        let listeners = draft.listeners.isEmpty ? [ConfigurationDraft.listener] : draft.listeners
        for address in addresses where address.port != 0 && listeners.contains(where: { $0.address == address }) {
            report(at: Self.admin.key("http"), "\"\(address)\" is the address of a listener", "change one of the ports")
        }
    }

    private mutating func checkTokens(_ draft: ConfigurationDraft) {
        var names: [String: Int] = [:]
        let users = Set(draft.users.map(\.name))
        for (index, token) in draft.http.tokens.enumerated() {
            let path = Self.admin.key("token").index(index)
            if !token.name.isEmpty {
                checkUnique(token.name, in: &names, at: path.key("name"), .error, "give each token a unique name")
            }
            checkUser(token, known: draft.usersFile == nil ? users : nil, at: path.key("user"))
        }
    }

    /// - Parameter users: nil if they are not all in relay.conf.
    private mutating func checkUser(_ token: AccessToken, known users: Set<String>?, at path: ConfigurationPath) {
        guard !failures.contains(path) else { return }
        guard let user = token.user else {
            guard token.role == .send else { return }
            return report(at: path, "missing", "name the [[user]] whose mail this token hands in")
        }
        guard let users, !users.contains(user) else { return }
        report(at: path, "there is no user \(RawValue.quote(user))", "add a [[user]] of that name")
    }

    /// Reads the TLS files, as the relay will on start.
    mutating func checkAdminCertificate(_ http: HTTPSettings) {
        let path = Self.admin.key("certificate")
        guard let files = http.tls, failures.isDisjoint(with: [path, Self.admin.key("private_key")]) else { return }
        do throws(TLSError) {
            _ = try TLSServerContext(files)
        } catch {
            report(at: path, "\(error)", "name the right files, and make them readable by the relay")
        }
    }
}
