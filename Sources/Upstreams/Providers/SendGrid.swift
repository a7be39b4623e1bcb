extension Provider {
    private static let smtp =
        "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/smtp-errors-and-troubleshooting"
    private static let identities = "https://www.twilio.com/docs/sendgrid/for-developers/sending-email/sender-identity"
    private static let permission = "https://wpmailsmtp.com/docs/sendgrid-user-not-authorized-to-send/"

    package static let sendGrid = Provider(
        name: "sendgrid", title: "SendGrid", hosts: ["smtp.sendgrid.net", "smtp.*.sendgrid.net"],
        rules: [
            ProviderRule(ReplyPattern("maximum credits exceeded"), .account, .nextUpstream, page: smtp),
            ProviderRule(
                ReplyPattern("does not match a verified sender identity"), .sender, .nextUpstream, page: identities),
            ProviderRule(
                ReplyPattern("not authorized to send from that email address"), .sender, .nextUpstream, page: smtp),
            ProviderRule(
                ReplyPattern("authenticated user is not authorized to send"), .account, .nextUpstream, page: permission),
            ProviderRule(ReplyPattern("unauthenticated senders not allowed"), .account, .nextUpstream, page: smtp),
            ProviderRule(
                ReplyPattern("too many recipients*this hour", digit: 4), .account, .slowDown, page: smtp),
            ProviderRule(ReplyPattern("temporary local problem", digit: 4), .transport, .nextUpstream, page: smtp),
        ])
}
