internal import Delivery
internal import Mail
internal import OAuth
internal import Outbound
internal import Probing
internal import TLS

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Checks of the accounts whose tokens the relay gets by itself.
extension ConfigurationReader {
    mutating func checkOAuth(_ settings: OAuthSettings?, at path: ConfigurationPath) {
        guard let settings, !failures.contains(path),
            failures.isDisjoint(with: Schema.upstreamOAuth.keys.map { path.key($0.name) })
        else { return }
        checkEndpoint(settings, at: path)
        checkGrant(settings, at: path)
    }

    private mutating func checkEndpoint(_ settings: OAuthSettings, at path: ConfigurationPath) {
        if settings.tenant != nil, settings.preset != .microsoft || settings.tokenURL != nil {
            report(
                .warning, at: path.key("tenant"), "is used with preset = \"microsoft\" and without token_url only",
                "remove it")
        }
        guard let url = settings.endpoint else {
            let (key, remedy) =
                settings.preset == nil
                ? ("token_url", "write it, or preset = \"microsoft\" or \"google\"")
                : ("tenant", "write the domain name or ID of your organisation, such as \"example.onmicrosoft.com\"")
            return report(at: path.key(key), "missing", remedy)
        }
        if url.scheme == .http, !settings.allowsPrivate {
            report(
                at: path.key("token_url"), "secrets could cross the network in clear text",
                "write https, or private = true for a server in your own network")
        }
        if let address = IPAddress(url.host),
            let problem = AddressScope(address).problem(allowsPrivate: settings.allowsPrivate)
        {
            report(
                at: path.key("token_url"), "the value has \(problem)",
                "use another, or write private = true if you mean it")
        }
    }

    private mutating func checkGrant(_ settings: OAuthSettings, at path: ConfigurationPath) {
        let grant = settings.usedGrant
        if let preset = settings.preset, !preset.grants.contains(grant) {
            return report(
                at: path.key(settings.grant == nil ? "refresh_token_file" : "grant"),
                settings.grant == nil ? "missing" : "\(preset.rawValue) gives no tokens for \(grant.rawValue)",
                "add refresh_token_file; docs/oauth2.md says how to get a refresh token")
        }
        switch grant {
        case .clientCredentials:
            if settings.clientSecretFile == nil {
                report(at: path.key("client_secret_file"), "missing", "add it, or refresh_token_file")
            }
            if settings.refreshTokenFile != nil {
                report(
                    .warning, at: path.key("refresh_token_file"), "is not used with grant = \"client_credentials\"",
                    "remove one of the two")
            }
        case .refreshToken:
            if settings.refreshTokenFile == nil {
                report(at: path.key("refresh_token_file"), "missing", "add it, or write another grant")
            }
        }
    }

    /// Each use of a refresh token may end it, so that nobody else may have the same.
    mutating func checkRefreshTokens(_ draft: ConfigurationDraft) {
        let upstream = ConfigurationPath.root.key("upstream")
        let roundTrip = ConfigurationPath.root.key("round_trip")
        var accounts = draft.upstreams.enumerated().compactMap { index, found in
            found.oauth.map { ("upstream \"\(found.name)\"", $0, upstream.index(index).key("oauth2")) }
        }
        accounts += draft.roundTrips.enumerated().compactMap { index, found in
            found.mailbox?.account { $0 }.oauth.map {
                ("round trip \"\(found.name)\"", $0, roundTrip.index(index).key("mailbox").key("oauth2"))
            }
        }
        var users: [String: (owner: String, settings: OAuthSettings)] = [:]
        for (owner, settings, path) in accounts where settings.usedGrant == .refreshToken {
            guard let name = settings.refreshTokenFile else { continue }
            let file = Self.target(of: name) ?? name
            guard let other = users[file] else {
                users[file] = (owner, settings)
                continue
            }
            guard !Self.mayShare(settings, other.settings) else { continue }
            report(
                at: path.key("refresh_token_file"), "\(other.owner) has the same file with other settings",
                "give each its own, or both the same \(settings.use == .submission ? "[upstream.oauth2]" : "settings")")
        }
    }

    /// Those of Google stay as they are, and are good for mailboxes too.
    private static func mayShare(_ settings: OAuthSettings, _ other: OAuthSettings) -> Bool {
        var other = other
        if other.preset == .google { other.use = settings.use }
        return settings == other
    }

    // MARK: - Files

    /// - Parameter loss: what is so while they cannot be read.
    mutating func checkFiles(
        of settings: OAuthSettings, at path: ConfigurationPath, loss: String = "this upstream gets no mail"
    ) {
        if let file = settings.caFile {
            do throws(TLSError) {
                _ = try TLSClientContext(TLSClientSettings(caFile: file))
                checkExpiry(try AuthorityFile.state(of: file), of: file, at: path.key("ca_file"))
            } catch {
                report(at: path.key("ca_file"), error.description, "name a PEM file with certificates")
            }
        }
        if let file = settings.clientSecretFile { checkPrivate(file, at: path.key("client_secret_file"), loss) }
        guard settings.usedGrant == .refreshToken, let file = settings.refreshTokenFile else { return }
        checkPrivate(file, at: path.key("refresh_token_file"), loss)
        checkReplaceable(file, at: path.key("refresh_token_file"))
    }

    /// The relay uses no such file that every user can read.
    private mutating func checkPrivate(_ file: String, at path: ConfigurationPath, _ loss: String) {
        guard FileExposure.isWorldReadable(file) else { return checkSecret(file, at: path, loss: loss) }
        report(
            .warning, at: path, "every user of this machine can read \(file)",
            "run chmod o-r on it; until then \(loss)")
    }

    private mutating func checkReplaceable(_ file: String, at path: ConfigurationPath) {
        guard let target = Self.target(of: file), let slash = target.lastIndex(of: "/") else { return }
        let directory = slash == target.startIndex ? "/" : String(target[..<slash])
        guard access(directory, W_OK) != 0 else { return }
        let reason = String(cString: strerror(errno))
        report(
            .warning, at: path, "the relay cannot replace it: \(directory): \(reason)",
            "move it to a directory of the relay's user, such as the data directory")
    }

    /// Behind symbolic links, with its whole path; nil if there is no such file.
    private static func target(of file: String) -> String? {
        guard let resolved = realpath(file, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
