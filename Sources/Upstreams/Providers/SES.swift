extension Provider {
    private static let smtp = "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html"
    private static let quotas = "https://docs.aws.amazon.com/ses/latest/dg/manage-sending-quotas-errors.html"
    private static let errors = "https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-error-messages.html"

    package static let ses = Provider(
        name: "ses", title: "Amazon SES",
        hosts: [
            "email-smtp.*.amazonaws.com", "email-smtp-fips.*.amazonaws.com", "*.email-smtp.*.amazonaws.com",
            "email-smtp.*.amazonaws.com.cn", "email-smtp.*.api.aws",
        ],
        identity: .tags(field: "X-SES-MESSAGE-TAGS"),
        rules: [
            ProviderRule(ReplyPattern("throttling failure*daily message quota"), .account, .nextUpstream, page: quotas),
            ProviderRule(ReplyPattern("throttling failure*maximum sending rate"), .account, .slowDown, page: quotas),
            ProviderRule(ReplyPattern("throttling failure"), .account, .slowDown, page: smtp),
            ProviderRule(ReplyPattern("too many concurrent smtp connections"), .account, .fewerSessions, page: smtp),
            ProviderRule(ReplyPattern("configuration set"), .sender, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("sending paused for this account"), .account, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("email address is not verified"), .sender, .nextUpstream, page: errors),
            ProviderRule(
                ReplyPattern("access denied*not authorized to perform"), .sender, .nextUpstream, page: smtp),
            ProviderRule(
                ReplyPattern("temporary service failure", digit: 4), .transport, .nextUpstream, page: smtp),
            // In a session that has worked, the general table knows better.
            ProviderRule(
                ReplyPattern("timeout waiting for data", digit: 4, sessions: [.new]), .transport, .nextUpstream,
                page: smtp),
        ])
}
