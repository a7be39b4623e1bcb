internal import Ingress
internal import Mail
internal import Outbound
internal import TLS
internal import Webhooks

/// Checks of webhooks that need no connection.
extension ConfigurationReader {
    /// Each outcome is compared with every one of them.
    private static let webhookLimit = 32

    mutating func checkWebhooks(_ draft: ConfigurationDraft) {
        let path = ConfigurationPath.root.key("webhook")
        if draft.webhooks.count > Self.webhookLimit {
            report(
                at: path.index(Self.webhookLimit), "has \(draft.webhooks.count) entries",
                "keep at most \(Self.webhookLimit)")
        }
        var names: [String: Int] = [:]
        for (index, webhook) in draft.webhooks.enumerated() {
            let place = path.index(index)
            if !webhook.name.isEmpty {
                checkUnique(webhook.name, in: &names, at: place.key("name"), .error, "give each webhook a unique name")
            }
            checkURL(webhook, at: place)
            checkAges(webhook, at: place)
            checkUsers(of: webhook, draft, at: place.key("users"))
        }
    }

    private mutating func checkURL(_ webhook: WebhookSettings, at path: ConfigurationPath) {
        guard !failures.contains(path.key("url")) else { return }
        if let problem = webhook.url.problem(allowsPrivate: webhook.allowsPrivate) {
            report(
                at: path.key("url"), "the value has \(problem)", "use another, or write private = true if you mean it")
        }
        guard webhook.url.scheme == .http else { return }
        if webhook.caFile != nil {
            report(.warning, at: path.key("ca_file"), "nothing is verified with http", "write https, or remove it")
        }
        guard !webhook.allowsPrivate else { return }
        report(
            .warning, at: path.key("url"), "everybody on the way can read what http carries",
            "write https, or private = true for a receiver in your own network")
    }

    private mutating func checkAges(_ webhook: WebhookSettings, at path: ConfigurationPath) {
        guard webhook.retryFor > webhook.keep,
            failures.isDisjoint(with: [path.key("retry_for"), path.key("keep")])
        else { return }
        report(
            .warning, at: path.key("keep"),
            "events are removed after \(DurationText.format(webhook.keep)), before they are given up after retry_for "
                + "(\(DurationText.format(webhook.retryFor)))", "increase it, or decrease retry_for")
    }

    /// Users may also come from certificates and files, so a name can be wrong only if there are neither.
    private mutating func checkUsers(
        of webhook: WebhookSettings, _ draft: ConfigurationDraft, at path: ConfigurationPath
    ) {
        guard draft.usersFile == nil, !failures.contains(path), draft.listeners.allSatisfy({ $0.clientCA == nil })
        else { return }
        let known = draft.users.map(\.name)
        for (index, user) in webhook.users.enumerated() where !known.contains(user) && !known.contains("") {
            report(
                .warning, at: path.index(index), "there is no user \"\(user)\"",
                Spelling.nearest(to: user, among: known).map { "did you mean \"\($0)\"?" }
                    ?? "add a [[user]] with this name")
        }
    }

    mutating func checkFiles(of webhook: WebhookSettings, at path: ConfigurationPath) {
        if let file = webhook.caFile, webhook.url.scheme == .https {
            do throws(TLSError) {
                _ = try TLSClientContext(TLSClientSettings(caFile: file))
                checkExpiry(try AuthorityFile.state(of: file), of: file, at: path.key("ca_file"))
            } catch {
                report(at: path.key("ca_file"), error.description, "name a PEM file with certificates")
            }
        }
        guard let file = webhook.secretFile else { return }
        do throws(WebError) {
            _ = try SecretFile.read(file)
        } catch {
            report(
                .warning, at: path.key("secret_file"), error.message,
                "write a secret to it, such as that of \"echo whsec_$(openssl rand -base64 32)\"; until then no event is "
                    + "delivered")
        }
    }
}

extension WebURL {
    /// Why nothing would be sent there, as far as that is known before its name is looked up; nil if it would.
    func problem(allowsPrivate: Bool) -> String? {
        if let address = IPAddress(host) { return AddressScope(address).problem(allowsPrivate: allowsPrivate) }
        return isOfThisMachine ? AddressScope.loopback.problem(allowsPrivate: allowsPrivate) : nil
    }

    /// Whether its host is a name that means the machine itself, wherever it is looked up.
    private var isOfThisMachine: Bool { host.split(separator: ".").last == "localhost" }
}

extension AddressScope {
    /// Why nothing would be sent to such an address; nil if it would.
    func problem(allowsPrivate: Bool) -> String? {
        switch self {
        case .public: nil
        case .private: allowsPrivate ? nil : "a private address"
        case .loopback: allowsPrivate ? nil : "a loopback address"
        case .linkLocal: allowsPrivate ? nil : "a link-local address"
        case .multicast: "a multicast address"
        case .reserved: "a reserved address"
        }
    }
}
