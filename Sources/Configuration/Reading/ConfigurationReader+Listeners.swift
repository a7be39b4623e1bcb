internal import Ingress
internal import SASL
internal import TLS

/// Checks across the keys of a listener, about TLS and logins.
extension ConfigurationReader {
    mutating func checkSecurity(_ draft: ConfigurationDraft) {
        for (index, listener) in draft.listeners.enumerated() {
            let path = ConfigurationPath.root.key("listener").index(index)
            checkFiles(listener, at: path)
            checkLogins(listener, hasUsers: !draft.users.isEmpty || draft.usersFile != nil, at: path)
            checkMechanisms(listener, draft.users, at: path)
        }
    }

    private mutating func checkFiles(_ listener: ListenerSettings, at path: ConfigurationPath) {
        guard listener.tlsMode != .off else { return checkUnused(listener, at: path) }
        if listener.certificates.isEmpty, !failures.contains(path.key("certificate")) {
            report(
                at: path.key("certificate"), "missing",
                "name the certificate file, which tls = \"\(listener.tlsMode.rawValue)\" needs")
        }
        if !listener.privateKeys.isEmpty, listener.privateKeys.count != listener.certificates.count {
            report(
                at: path.key("private_key"),
                "has \(listener.privateKeys.count) keys for \(listener.certificates.count) certificates",
                "list one per certificate, in the same order")
        }
    }

    private mutating func checkUnused(_ listener: ListenerSettings, at path: ConfigurationPath) {
        guard !listener.certificates.isEmpty, !failures.contains(path.key("tls")) else { return }
        report(
            .warning, at: path.key("tls"), "\"off\" leaves the certificate unused",
            "write tls = \"starttls\", \"required\" or \"implicit\", or remove certificate")
    }

    private mutating func checkLogins(_ listener: ListenerSettings, hasUsers: Bool, at path: ConfigurationPath) {
        guard listener.auth != .off else { return }
        if listener.tlsMode == .off, !listener.authWithoutTLS {
            report(
                at: path.key("auth"), "nobody can log in without TLS",
                "set tls, or auth_without_tls = true on a trusted network")
        }
        if !hasUsers, listener.clientCA == nil {
            report(
                at: path.key("auth"), "there are no users",
                "add [[user]] tables, users_file or client_ca")
        }
    }

    /// Whether any user could use one of the mechanisms.
    private mutating func checkMechanisms(
        _ listener: ListenerSettings, _ users: [UserSettings], at path: ConfigurationPath
    ) {
        let place = path.key("mechanisms")
        guard let mechanisms = listener.mechanisms, Set(mechanisms) != Set(SASLMechanism.served),
            !failures.contains(place)
        else { return }
        guard listener.auth != .off else {
            return report(
                .warning, at: place, "nobody can log in here, since auth is \"off\"",
                "write auth = \"optional\" or \"required\", or remove it")
        }
        let needsKeys = mechanisms.allSatisfy { $0 == .scramSHA256 || $0 == .scramSHA256Plus }
        if needsKeys, let user = users.first(where: { $0.passwordHash.scramKeys == nil }) {
            report(
                at: place,
                "nobody could log in: the password hash of \(RawValue.quote(user.name)) has no keys for SCRAM",
                "hash that password again without --scrypt-only, or add \"PLAIN\"")
        }
        if mechanisms == [.scramSHA256Plus], listener.tlsMode == .off {
            report(
                at: place, "nobody could log in: SCRAM-SHA-256-PLUS needs TLS", "set tls, or add \"SCRAM-SHA-256\"")
        }
    }

    /// Reads the TLS files, as the relay will on start.
    mutating func checkCertificates(_ listeners: [ListenerSettings]) {
        for (index, listener) in listeners.enumerated() {
            let table = ConfigurationPath.root.key("listener").index(index)
            let path = table.key("certificate")
            guard let files = listener.tls, failures.isDisjoint(with: [path, table.key("private_key")]) else {
                continue
            }
            do throws(TLSError) {
                _ = try TLSServerContext(files)
                guard let authorities = files.clientCA else { continue }
                checkExpiry(
                    try AuthorityFile.state(of: authorities), of: authorities, at: table.key("client_ca"))
            } catch {
                report(at: path, "\(error)", "name the right files, and make them readable by the relay")
            }
        }
    }
}
