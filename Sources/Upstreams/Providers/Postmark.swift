extension Provider {
    private static let errors = "https://postmarkapp.com/developer/api/overview"
    private static let suppressed = "https://postmarkapp.com/developer/webhooks/smtp-api-error"

    package static let postmark = Provider(
        name: "postmark", title: "Postmark", hosts: ["smtp.postmarkapp.com", "smtp-broadcasts.postmarkapp.com"],
        identity: .metadata(prefix: "X-PM-Metadata-"),
        rules: [
            ProviderRule(ReplyPattern("not a sender signature"), .sender, .nextUpstream, page: errors),
            ProviderRule(
                ReplyPattern("sender signature*not found", "sender signature*not confirmed"), .sender, .nextUpstream,
                page: errors),
            ProviderRule(ReplyPattern("account is pending"), .account, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("account may not send"), .account, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("out of credits"), .account, .nextUpstream, page: errors),
            ProviderRule(
                ReplyPattern("marked as inactive", "inactive recipient"), .recipient, .fail, page: suppressed),
        ])
}
