internal import Delivery
internal import Mail
internal import Mailbox
internal import Probing
internal import TLS

/// Checks of the mailboxes that probes are looked for in.
extension ConfigurationReader {
    private static let mailboxLoss = "nobody looks into this mailbox"

    mutating func checkMailbox(of trip: RoundTripDraft, at path: ConfigurationPath) {
        let place = path.key("mailbox")
        guard let mailbox = trip.mailbox else {
            guard !failures.contains(place) else { return }
            return report(at: place, "missing", "write [round_trip.mailbox] with an address and a username below")
        }
        checkRecipient(of: trip, mailbox, at: path)
        checkEncryption(of: mailbox, at: place)
        checkSecrets(of: mailbox, at: place)
        checkOAuth(mailbox.oauth, at: place.key("oauth2"))
        guard mailbox.kind == .pop3, !mailbox.folders.isEmpty else { return }
        report(.warning, at: place.key("folders"), "pop3 sees the inbox only", "remove it, or write type = \"imap\"")
    }

    private mutating func checkRecipient(
        of trip: RoundTripDraft, _ mailbox: MailboxDraft, at path: ConfigurationPath
    ) {
        let place = path.key("mailbox").key("username")
        guard trip.usedRecipient == nil, failures.isDisjoint(with: [path.key("recipient"), path.key("mailbox"), place])
        else { return }
        report(
            at: place, "\(RawValue.quote(mailbox.username)) is not an address, and the round trip has no recipient",
            "write as recipient the address whose mail ends in this mailbox")
    }

    private mutating func checkEncryption(of mailbox: MailboxDraft, at path: ConfigurationPath) {
        let (place, port) = (path.key("tls"), mailbox.address.port)
        guard failures.isDisjoint(with: [place, path.key("address")]), port != 0 else { return }
        let (secure, plain) = mailbox.kind == .imap ? (993, 143) : (995, 110)
        switch mailbox.tls {
        case .implicit where port == plain:
            report(.warning, at: place, "servers on port \(plain) expect STARTTLS", "write tls = \"starttls\"")
        case .starttls where port == secure:
            report(
                .warning, at: place, "servers on port \(secure) expect TLS from the first octet",
                "write tls = \"implicit\"")
        case .off where !mailbox.isLocal:
            report(
                at: place, "with \"off\" credentials could cross the network in clear text",
                "write tls = \"implicit\" or \"starttls\"")
        case .off, .implicit, .starttls: break
        }
        guard mailbox.tls == .off else { return }
        for (key, value) in [("ca_file", mailbox.caFile), ("tls_name", mailbox.tlsName)] where value != nil {
            report(.warning, at: path.key(key), "nothing is verified with tls = \"off\"", "remove it")
        }
    }

    private mutating func checkSecrets(of mailbox: MailboxDraft, at path: ConfigurationPath) {
        let keys = ["username", "password_file", "password_credential", "password", "token_file", "oauth2"]
        guard failures.isDisjoint(with: keys.map { path.key($0) }) else { return }
        let given = mailbox.secretKeys
        guard let key = given.first else {
            return report(
                at: path.key("username"), "has no matching secret",
                "add password_file, password_credential, password, token_file or [round_trip.mailbox.oauth2]")
        }
        if given.count > 1 {
            report(at: path.key(given[1]), "\(key) is given too", "keep one of them")
        } else if key.hasPrefix("password"), mailbox.isMicrosofts {
            report(
                .warning, at: path.key(key), "\(mailbox.address.host) takes no passwords",
                "write [round_trip.mailbox.oauth2] instead; docs/round-trips.md has the steps")
        }
    }

    // MARK: - Files

    /// They may still appear later, except the trusted authorities.
    mutating func checkFiles(of account: MailboxAccount, at path: ConfigurationPath) {
        if let file = account.caFile, account.tls != .off {
            do throws(TLSError) {
                _ = try TLSClientContext(TLSClientSettings(caFile: file))
                checkExpiry(try AuthorityFile.state(of: file), of: file, at: path.key("ca_file"))
            } catch {
                report(at: path.key("ca_file"), error.description, "name a PEM file with certificates")
            }
        }
        if let oauth = account.oauth { checkFiles(of: oauth, at: path.key("oauth2"), loss: Self.mailboxLoss) }
        switch account.secret {
        case .passwordFile(let file): checkSecret(file, at: path.key("password_file"), loss: Self.mailboxLoss)
        case .tokenFile(let file): checkSecret(file, at: path.key("token_file"), loss: Self.mailboxLoss)
        case .credential(let name):
            checkCredential(name, at: path.key("password_credential"), loss: Self.mailboxLoss)
        case .password, nil: break
        }
    }
}

extension MailboxDraft {
    /// Whether it is Outlook.com or Microsoft 365.
    fileprivate var isMicrosofts: Bool {
        let host = address.host.lowercased()
        return ["outlook.office365.com", "outlook.office.com", "outlook.live.com", "imap-mail.outlook.com"]
            .contains(host) || host.hasSuffix(".outlook.com")
    }
}
