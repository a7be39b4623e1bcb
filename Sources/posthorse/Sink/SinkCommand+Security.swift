import ArgumentParser
import FoundationEssentials
import SASL
import Sink
import TLS

/// TLS and logins of `posthorse sink`.
struct SinkSecurityOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Speak TLS: offered by STARTTLS, required (530 before it), or implicit, from the first byte.",
            valueName: "mode"))
    var tls: SinkTLS.Mode?
    @Option(
        help: ArgumentHelp("The certificate chain for --tls (PEM).", valueName: "file"))
    var certificate: String?
    @Option(help: ArgumentHelp("The certificate's key (PEM).", valueName: "file"))
    var privateKey: String?
    @Option(
        name: .customLong("client-ca"),
        help: ArgumentHelp("Ask clients for a certificate issued by one of these authorities (PEM).", valueName: "file")
    )
    var clientCA: String?
    @Flag(
        name: .customLong("inject-after-starttls"),
        help: "Send --reply in clear text after the 220 of STARTTLS, as an attacker on the way would.")
    var injectAfterSTARTTLS = false

    @Option(help: ArgumentHelp("Take mail only after a login by this user.", valueName: "name"))
    var user: String?
    @Option(
        help: ArgumentHelp(
            "File with the user's password, or the token of xoauth2 and oauthbearer; one line.", valueName: "file"))
    var passwordFile: String?
    @Option(
        help: ArgumentHelp(
            """
            Offer these of plain, login, cram-md5, scram-sha-256, scram-sha-256-plus, xoauth2 and oauthbearer, separated \
            by commas; all but cram-md5 and those for tokens if not given.
            """, valueName: "names"))
    var authMechanisms: SinkMechanisms?
    @Flag(name: .customLong("auth-without-tls"), help: "Offer logins in clear text too.")
    var authWithoutTLS = false

    func apply(to settings: inout SinkSettings) throws {
        settings.tls = try sinkTLS()
        settings.login = try login()
        settings.injectsAfterSTARTTLS = injectAfterSTARTTLS
        let phases = settings.faults.map(\.phase) + (settings.delay.map { [$0.phase] } ?? [])
        if tls == nil, injectAfterSTARTTLS || phases.contains(.tls) {
            throw ValidationError("Faults of TLS need --tls.")
        }
        if tls == nil || tls == .implicit, injectAfterSTARTTLS || phases.contains(.starttls) {
            throw ValidationError("Faults at starttls need --tls starttls or --tls required.")
        }
        if user == nil, phases.contains(.auth) { throw ValidationError("Faults at auth need --user.") }
    }

    private func sinkTLS() throws -> SinkTLS? {
        guard let tls else {
            guard certificate == nil, privateKey == nil, clientCA == nil else {
                throw ValidationError("Certificates need --tls.")
            }
            return nil
        }
        guard let certificate, let privateKey else {
            throw ValidationError("--tls needs --certificate and --private-key.")
        }
        let files = TLSCertificateFiles(certificate: certificate, privateKey: privateKey)
        return SinkTLS(tls, TLSServerSettings(certificates: [files], clientCA: clientCA))
    }

    private func login() throws -> SinkLogin? {
        guard let user else {
            guard passwordFile == nil, authMechanisms == nil, !authWithoutTLS else {
                throw ValidationError("Logins need --user.")
            }
            return nil
        }
        guard let passwordFile else { throw ValidationError("--user needs --password-file.") }
        guard tls != nil || authWithoutTLS else {
            throw ValidationError("Logins are for TLS only; give --tls or --auth-without-tls.")
        }
        var login = SinkLogin(user: user, password: try Self.password(in: passwordFile))
        login.mechanisms = authMechanisms?.names
        login.isAllowedInClear = authWithoutTLS
        return login
    }

    /// The first line.
    private static func password(in path: String) throws -> [UInt8] {
        let content: Data
        do {
            content = try Data(contentsOf: URL(fileURLWithPath: path))
        } catch {
            throw ValidationError("The password file \(path) cannot be read.")
        }
        let password = content.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
        guard !password.isEmpty else { throw ValidationError("The password file \(path) has no password.") }
        return Array(password)
    }
}

/// Mechanisms by name, separated by commas.
struct SinkMechanisms: ExpressibleByArgument {
    let names: [SASLMechanism]

    init?(argument: String) {
        let words = argument.split(separator: ",", omittingEmptySubsequences: false)
        let names = words.compactMap { SASLMechanism(name: $0) }
        guard names.count == words.count else { return nil }
        self.names = names
    }
}

extension SinkTLS.Mode: ExpressibleByArgument {}
