internal import Delivery
internal import Mail
internal import OAuth
internal import Outbound
internal import TLS

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Checks of the accounts whose tokens the relay gets by itself.
extension ConfigurationReader {
    mutating func checkOAuth(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard let settings = upstream.oauth, !failures.contains(path),
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
    mutating func checkRefreshTokens(_ upstreams: [UpstreamSettings]) {
        var users: [String: UpstreamSettings] = [:]
        for (index, upstream) in upstreams.enumerated() {
            guard let settings = upstream.oauth, settings.usedGrant == .refreshToken,
                let name = settings.refreshTokenFile
            else { continue }
            let file = Self.target(of: name) ?? name
            guard let other = users[file] else {
                users[file] = upstream
                continue
            }
            guard other.oauth != upstream.oauth else { continue }
            report(
                at: .root.key("upstream").index(index).key("oauth2").key("refresh_token_file"),
                "upstream \"\(other.name)\" has the same file with other settings",
                "give each its own, or both the same [upstream.oauth2]")
        }
    }

    // MARK: - Files

    mutating func checkFiles(of settings: OAuthSettings, at path: ConfigurationPath) {
        if let file = settings.caFile {
            do throws(TLSError) {
                _ = try TLSClientContext(TLSClientSettings(caFile: file))
                checkExpiry(try AuthorityFile.state(of: file), of: file, at: path.key("ca_file"))
            } catch {
                report(at: path.key("ca_file"), error.description, "name a PEM file with certificates")
            }
        }
        if let file = settings.clientSecretFile { checkPrivate(file, at: path.key("client_secret_file")) }
        guard settings.usedGrant == .refreshToken, let file = settings.refreshTokenFile else { return }
        checkPrivate(file, at: path.key("refresh_token_file"))
        checkReplaceable(file, at: path.key("refresh_token_file"))
    }

    /// The relay uses no such file that every user can read.
    private mutating func checkPrivate(_ file: String, at path: ConfigurationPath) {
        guard FileExposure.isWorldReadable(file) else { return checkSecret(file, at: path) }
        report(
            .warning, at: path, "every user of this machine can read \(file)",
            "run chmod o-r on it; until then this upstream gets no mail")
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
