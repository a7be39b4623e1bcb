internal import Delivery
internal import Mail
internal import Mailbox
internal import Notices
internal import OAuth
internal import Probing
internal import RoundTrips
internal import SASL

/// A `[[round_trip]]` while relay.conf is being read; nil means "not given" if the default depends on something else.
struct RoundTripDraft: Sendable {
    var name = ""
    var upstreams: RoundTripSettings.Upstreams?
    var isAsRouted = false
    var sender: Address?
    var recipient: Address?
    var every = Duration.seconds(60)
    var lateAfter: Duration?
    var missingAfter = Duration.seconds(600)
    var missingThreshold = 2
    var action = TripAction.alert
    var mailbox: MailboxDraft?
}

extension RoundTripDraft {
    private static let lateAfter = Duration.seconds(60)

    var usedUpstreams: RoundTripSettings.Upstreams { upstreams ?? (isAsRouted ? .named([]) : .all) }

    /// That of the key, else the user name at the mailbox, if that is an address; nil for neither.
    var usedRecipient: Address? {
        recipient ?? mailbox.flatMap { try? ValueKind.plainAddress.read(.string($0.username)) }
    }

    /// The finished value. Without a recipient or a mailbox it is good for nothing, and a problem says so.
    ///
    /// - Parameters:
    ///   - notices: with the author of notices, who is the sender unless there is one.
    ///   - hostname: the relay's.
    ///   - resolve: makes a path whole.
    func settings(_ notices: NoticeSettings, hostname: String, resolve: (String) -> String) -> RoundTripSettings {
        let trip = TripSettings(
            every: every, lateAfter: lateAfter ?? min(Self.lateAfter, missingAfter), missingAfter: missingAfter,
            missingThreshold: missingThreshold, action: action)
        var settings = RoundTripSettings(
            name: name, sender: sender ?? Self.author(notices) ?? Address(unchecked: "posthorse@\(hostname)"),
            recipient: usedRecipient ?? Address(unchecked: ""), trip: trip,
            mailbox: (mailbox ?? MailboxDraft()).account(resolve: resolve))
        settings.upstreams = usedUpstreams
        settings.isAsRouted = isAsRouted
        return settings
    }

    /// Of notices, unless their address is none for the header of a probe.
    private static func author(_ notices: NoticeSettings) -> Address? {
        notices.from.flatMap { HeaderMailbox.isPlain($0) ? $0 : nil }
    }

    /// The settings that a configuration was built from, with every default filled in.
    init(_ settings: RoundTripSettings) {
        name = settings.name
        upstreams = settings.upstreams
        isAsRouted = settings.isAsRouted
        sender = settings.sender
        recipient = settings.recipient
        every = settings.trip.every
        lateAfter = settings.trip.lateAfter
        missingAfter = settings.trip.missingAfter
        missingThreshold = settings.trip.missingThreshold
        action = settings.trip.action
        mailbox = MailboxDraft(settings.mailbox)
    }

    /// The table, which is there as soon as it is written to.
    var mailboxTable: MailboxDraft {
        get { mailbox ?? MailboxDraft() }
        set { mailbox = newValue }
    }
}

/// A `[round_trip.mailbox]` while relay.conf is being read.
struct MailboxDraft: Hashable, Sendable {
    var kind = MailboxAccount.Kind.imap
    var address = HostAndPort(host: "", port: 0)
    var tls = MailboxSecurity.TLSUse.implicit
    var caFile: String?
    var tlsName: String?
    var username = ""
    var password: Credentials.Secret?
    var passwordFile: String?
    var passwordCredential: String?
    var tokenFile: String?
    var oauth: OAuthSettings?
    var folders: [String] = []
}

extension MailboxDraft {
    /// The keys with a secret that are given, in order.
    var secretKeys: [String] {
        let given = [
            ("password_file", passwordFile != nil), ("password_credential", passwordCredential != nil),
            ("password", password != nil), ("token_file", tokenFile != nil), ("oauth2", oauth != nil),
        ]
        return given.filter(\.1).map(\.0)
    }

    /// Whether the server runs on this machine, so that nothing crosses a network.
    var isLocal: Bool { address.host == "localhost" || IPAddress(address.host)?.isLoopback == true }

    func account(resolve: (String) -> String) -> MailboxAccount {
        var account = MailboxAccount(
            host: address.host, port: UInt16(clamping: address.port), username: username)
        account.kind = kind
        account.tls = tls
        account.caFile = caFile.map(resolve)
        account.tlsName = tlsName
        account.secret = secret(resolve: resolve)
        account.oauth = usedOAuth(resolve: resolve)
        account.folders = folders
        return account
    }

    private func secret(resolve: (String) -> String) -> SecretSource? {
        if let password { return .password(password) }
        if let passwordFile { return .passwordFile(resolve(passwordFile)) }
        if let passwordCredential { return .credential(passwordCredential) }
        return tokenFile.map { .tokenFile(resolve($0)) }
    }

    /// Tokens for IMAP are no good for POP3.
    private func usedOAuth(resolve: (String) -> String) -> OAuthSettings? {
        guard var settings = oauth?.resolved(resolve) else { return nil }
        settings.use = kind == .imap ? .imap : .pop3
        return settings
    }

    /// The settings that an account was built from.
    init(_ account: MailboxAccount) {
        kind = account.kind
        address = HostAndPort(host: account.host, port: Int(account.port))
        tls = account.tls
        caFile = account.caFile
        tlsName = account.tlsName
        username = account.username
        oauth = account.oauth
        folders = account.folders
        switch account.secret {
        case .password(let secret): password = secret
        case .passwordFile(let path): passwordFile = path
        case .credential(let name): passwordCredential = name
        case .tokenFile(let path): tokenFile = path
        case nil: break
        }
    }

    /// The table, which is there as soon as it is written to.
    var oauth2: OAuthSettings {
        get { oauth ?? OAuthSettings() }
        set { oauth = newValue }
    }
}

extension OAuthSettings {
    /// With whole paths.
    func resolved(_ resolve: (String) -> String) -> OAuthSettings {
        var settings = self
        settings.clientSecretFile = clientSecretFile.map(resolve)
        settings.refreshTokenFile = refreshTokenFile.map(resolve)
        settings.caFile = caFile.map(resolve)
        return settings
    }
}
