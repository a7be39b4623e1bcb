internal import Delivery
internal import Mail
internal import OAuth
internal import SASL
internal import SMTP
internal import TLS
internal import Upstreams

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Checks of an upstream's TLS and account that need no connection.
extension ConfigurationReader {
    mutating func checkTLS(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard !failures.contains(path.key("tls")) else { return }
        checkPort(upstream, at: path.key("tls"))
        guard upstream.tls == .off || upstream.tls == .opportunistic else { return }
        let word = RawValue.quote(upstream.tls.rawValue)
        if upstream.tlsVerify == true {
            report(
                at: path.key("tls_verify"), "nothing is verified with tls = \(word)",
                "write tls = \"starttls\" or \"implicit\"")
        }
        if upstream.caFile != nil {
            report(
                .warning, at: path.key("ca_file"), "nothing is verified with tls = \(word)",
                "write tls = \"starttls\" or \"implicit\", or remove it")
        }
    }

    private mutating func checkPort(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        let isImplicit = upstream.tls == .implicit
        if upstream.port == 465, !isImplicit {
            report(
                .warning, at: path, "servers on port 465 expect TLS from the first octet", "write tls = \"implicit\"")
        } else if isImplicit, upstream.port == 25 || upstream.port == 587 {
            report(
                .warning, at: path, "servers on port \(upstream.port) expect STARTTLS", "write tls = \"starttls\"")
        }
    }

    // MARK: - The source address

    /// A warning where this machine lacks the address, because it may come up later.
    mutating func checkSource(of upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard let source = upstream.sourceAddress else { return }
        let place = path.key("source_address")
        if let host = IPAddress(upstream.host), host.isIPv4 != source.isIPv4 {
            let (own, other) = source.isIPv4 ? ("IPv4", "IPv6") : ("IPv6", "IPv4")
            report(
                at: place, "\(RawValue.quote("\(source)")) is \(own), and \(host) is \(other)",
                "write an \(other) address of this machine, or connect to an \(own) address")
        } else if let problem = SourceAddress.problem(with: source) {
            report(
                .warning, at: place, problem,
                "give the machine this address, or write another; until then this upstream gets no mail")
        }
    }

    // MARK: - Sessions

    mutating func checkConnections(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard failures.isDisjoint(with: ["max_connections", "auto_max", "address"].map { path.key($0) }) else { return }
        var key = "auto_max"
        if case .fixed(let number) = upstream.maxConnections {
            key = "max_connections"
            if upstream.autoMax != nil {
                report(
                    .warning, at: path.key("auto_max"), "has no effect with max_connections = \(number)",
                    "remove it, or write max_connections = \"auto\"")
            }
        }
        guard let provider = upstream.knownProvider, let published = provider.connections(host: upstream.host),
            upstream.mostConnections > published
        else { return }
        report(
            .warning, at: path.key(key), "\(provider.title) allows \(published) connections at a time",
            "remove it, unless you have agreed on more")
    }

    // MARK: - The account

    mutating func checkAccount(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        let secrets = Self.secrets(of: upstream)
        let places = ["username"] + Self.secretKeys + ["tls", "address"]
        guard failures.isDisjoint(with: places.map { path.key($0) }) else { return }
        guard upstream.username != nil else {
            if let key = secrets.first {
                report(at: path.key(key), "has no matching username", "add username, or remove it")
            } else if upstream.mechanism != nil {
                report(at: path.key("mechanism"), "has no matching username", "add username, or remove it")
            }
            return
        }
        guard let key = secrets.first else {
            report(
                at: path.key("username"), "has no matching secret",
                "add password_file, password_credential, password, token_file or [upstream.oauth2]")
            return
        }
        if secrets.count > 1 {
            report(at: path.key(secrets[1]), "\(key) is given too", "keep one of them")
        }
        checkExposure(upstream, at: path)
        checkMechanism(upstream, at: path.key("mechanism"))
    }

    /// Whether the secret suits the mechanism.
    private mutating func checkMechanism(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard let mechanism = upstream.mechanism, !failures.contains(path) else { return }
        let hasToken = upstream.tokenFile != nil || upstream.oauth != nil
        if hasToken, !mechanism.takesToken {
            report(
                at: path, "\(mechanism.rawValue) has no use for a token",
                "write \"XOAUTH2\" or \"OAUTHBEARER\", or remove it")
        } else if !hasToken, mechanism.takesToken {
            report(
                at: path, "\(mechanism.rawValue) has no use for a password",
                "add token_file or [upstream.oauth2] instead of the password")
        } else if mechanism == .scramSHA256Plus, upstream.tls == .off {
            report(at: path, "nobody can use SCRAM-SHA-256-PLUS without TLS", "add tls, or write \"SCRAM-SHA-256\"")
        }
    }

    /// More than any secret needs.
    private static let secretLimit = 64 << 10

    private static let secretKeys = ["password_file", "password_credential", "password", "token_file", "oauth2"]

    /// The secret keys that are given, in order.
    private static func secrets(of upstream: UpstreamSettings) -> [String] {
        let given = [
            upstream.passwordFile != nil, upstream.passwordCredential != nil, upstream.password != nil,
            upstream.tokenFile != nil, upstream.oauth != nil,
        ]
        return zip(secretKeys, given).filter(\.1).map(\.0)
    }

    /// Checks who could read the secret in transit.
    private mutating func checkExposure(_ upstream: UpstreamSettings, at path: ConfigurationPath) {
        guard !upstream.allowsAuthWithoutTLS else { return }
        switch upstream.tls {
        case .off, .opportunistic:
            report(
                at: path.key("tls"),
                "with \(RawValue.quote(upstream.tls.rawValue)) credentials could cross the network in clear text",
                "write tls = \"starttls\" or \"implicit\"")
        case .starttls, .implicit:
            guard upstream.tlsVerify == false else { return }
            report(
                .warning, at: path.key("tls_verify"), "credentials are sent to whoever answers",
                "trust the server's authority through ca_file instead")
        }
    }

    // MARK: - Rules

    /// Each rule is compared with replies that no built-in rule has decided.
    private static let ruleLimit = 100

    mutating func checkRules(_ rules: [UpstreamRule], at path: ConfigurationPath) {
        if rules.count > Self.ruleLimit {
            report(at: path.index(Self.ruleLimit), "has \(rules.count) entries", "keep at most \(Self.ruleLimit)")
        }
        var patterns: [String: Int] = [:]
        for (index, rule) in rules.enumerated() {
            let place = path.index(index)
            // The pattern could not be read.
            guard !rule.match.isEmpty else { continue }
            checkUnique(
                rule.match, in: &patterns, at: place.key("match"), .warning, "remove it; the first match decides")
            checkAction(of: rule, at: place)
        }
    }

    /// Checks the combination of scope and action.
    private mutating func checkAction(of rule: UpstreamRule, at path: ConfigurationPath) {
        guard failures.isDisjoint(with: ["match", "scope", "action"].map { path.key($0) }) else { return }
        do throws(OperatorRule.Problem) {
            _ = try OperatorRule(match: rule.match, scope: rule.scope, action: rule.action)
        } catch {
            report(at: path.key("action"), "\(error)", "write action = \"failover\", or scope = \"message\"")
        }
    }

    // MARK: - Files

    /// Checks whether the files of an upstream can be used; they may still appear later, except the trusted
    /// authorities.
    mutating func checkFiles(of upstream: UpstreamSettings, at path: ConfigurationPath) {
        if let file = upstream.caFile, upstream.verifiesTLS {
            do throws(TLSError) {
                _ = try TLSClientContext(TLSClientSettings(verifies: true, caFile: file))
                checkExpiry(try AuthorityFile.state(of: file), of: file, at: path.key("ca_file"))
            } catch {
                report(at: path.key("ca_file"), error.description, "name a PEM file with certificates")
            }
        }
        if let file = upstream.passwordFile { checkSecret(file, at: path.key("password_file")) }
        if let file = upstream.tokenFile { checkSecret(file, at: path.key("token_file")) }
        if let oauth = upstream.oauth { checkFiles(of: oauth, at: path.key("oauth2")) }
        if let name = upstream.passwordCredential { checkCredential(name, at: path.key("password_credential")) }
    }

    /// A warning, because other upstreams may work and an authority must not keep the relay down.
    mutating func checkExpiry(_ state: AuthorityFile.State, of file: String, at path: ConfigurationPath) {
        switch state {
        case .usable: break
        case .expired(let end):
            report(
                .warning, at: path, "the certificate in \(file) expired on \(Self.day(end))",
                "get the authority's new certificate; until then no server is trusted")
        case .notYetValid(let start):
            report(
                .warning, at: path, "the certificate in \(file) is not valid before \(Self.day(start))",
                "check this machine's clock; until then no server is trusted")
        }
    }

    private static func day(_ seconds: Int) -> Substring {
        Timestamp(milliseconds: Int64(seconds) * 1000).rfc3339.prefix(10)
    }

    mutating func checkCredential(
        _ name: String, at path: ConfigurationPath, loss: String = "this upstream gets no mail"
    ) {
        guard let directory = environment.environment["CREDENTIALS_DIRECTORY"] else {
            report(
                .warning, at: path, "$CREDENTIALS_DIRECTORY is not set here",
                "start the relay from a systemd unit with LoadCredential=\(name):…")
            return
        }
        checkSecret(directory + "/" + name, at: path, loss: loss)
    }

    /// - Parameter loss: what is so while it cannot be read.
    mutating func checkSecret(
        _ file: String, at path: ConfigurationPath, loss: String = "this upstream gets no mail"
    ) {
        var status = stat()
        guard stat(file, &status) == 0 else {
            let reason = String(cString: strerror(errno))
            report(
                .warning, at: path, "\(file): \(reason)",
                "create it; until then \(loss)")
            return
        }
        if status.st_mode & S_IROTH != 0 {
            report(.warning, at: path, "every user of this machine can read \(file)", "run chmod o-r on it")
        }
        guard access(file, R_OK) == 0 else {
            let reason = String(cString: strerror(errno))
            report(.warning, at: path, "\(file): \(reason)", "make it readable by the relay's user")
            return
        }
        checkContent(of: file, at: path, loss: loss)
    }

    private mutating func checkContent(of file: String, at path: ConfigurationPath, loss: String) {
        do throws(RegularFile.Fault) {
            guard SecretText.trimmed(try RegularFile.read(file, limit: Self.secretLimit)).isEmpty else { return }
            report(at: path, "\(file) is empty", "write the secret to it")
        } catch {
            guard error == .irregular || error == .isDirectory else { return }
            report(
                .warning, at: path, "\(file) is not a regular file",
                "write the secret to a file, and name that; until then \(loss)")
        }
    }
}
