extension Provider {
    private static let codes = "https://support.google.com/a/answer/3726730"
    private static let relay = "https://support.google.com/a/answer/6140680"

    package static let google = Provider(
        name: "google", title: "Google relay",
        hosts: ["smtp-relay.gmail.com", "smtp.gmail.com", "smtp.googlemail.com"],
        rules: [
            ProviderRule(ReplyPattern("mail relay denied"), .account, .nextUpstream, page: relay),
            ProviderRule(ReplyPattern("invalid credentials for relay"), .account, .nextUpstream, page: relay),
            ProviderRule(ReplyPattern("daily smtp relay*limit exceeded for user"), .sender, .nextUpstream, page: relay),
            ProviderRule(
                ReplyPattern("daily smtp relay*limit exceeded", statuses: ["5.4.5"]), .account, .nextUpstream,
                page: relay),
            ProviderRule(ReplyPattern("daily user sending", statuses: ["5.4.5"]), .account, .nextUpstream, page: codes),
            ProviderRule(ReplyPattern("peak smtp relay limit exceeded"), .account, .slowDown, page: relay),
            ProviderRule(ReplyPattern("unusual rate of unsolicited mail"), .account, .slowDown, page: codes),
            ProviderRule(ReplyPattern("server busy", statuses: ["4.4.5"]), .account, .slowDown, page: codes),
            ProviderRule(ReplyPattern("too many login attempts"), .account, .nextUpstream, page: codes),
            ProviderRule(ReplyPattern("for rcpt domain"), .recipient, .nextUpstream, page: codes),
            ProviderRule(
                ReplyPattern("multiple destination domains per transaction"), .recipient, .retryLater, page: codes),
            ProviderRule(
                ReplyPattern("user you are trying to contact is receiving mail"), .recipient, .retryLater, page: codes),
        ])
}
