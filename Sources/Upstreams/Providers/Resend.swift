extension Provider {
    private static let errors = "https://resend.com/docs/api-reference/errors"
    private static let keys = "https://resend.com/docs/dashboard/emails/idempotency-keys"

    package static let resend = Provider(
        name: "resend", title: "Resend", hosts: ["smtp.resend.com"],
        identity: .idempotencyKey(field: "Resend-Idempotency-Key"),
        rules: [
            // A message with that key has already been accepted, so no other upstream may have it.
            ProviderRule(ReplyPattern("idempotency key"), .message, .retryLater, page: keys),
            ProviderRule(ReplyPattern("domain is not verified"), .sender, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("only send testing emails"), .sender, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("daily*quota"), .account, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("monthly*quota"), .account, .nextUpstream, page: errors),
            ProviderRule(ReplyPattern("too many requests"), .account, .slowDown, page: errors),
            ProviderRule(ReplyPattern("api key is"), .account, .nextUpstream, page: errors),
        ])
}
