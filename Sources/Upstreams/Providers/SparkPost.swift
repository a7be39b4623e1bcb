extension Provider {
    private static let smtp = "https://support.sparkpost.com/docs/faq/error-messages-smtp"
    private static let domains = "https://support.sparkpost.com/docs/user-guide/unconfigured-sending-domain"

    package static let sparkPost = Provider(
        name: "sparkpost", title: "SparkPost",
        hosts: ["smtp.sparkpostmail.com", "smtp.*.sparkpostmail.com", "*.smtp.e.sparkpost.com"],
        identity: .metadataObject(field: "X-MSYS-API"),
        rules: [
            ProviderRule(ReplyPattern("unconfigured sending domain"), .sender, .nextUpstream, page: domains),
            ProviderRule(ReplyPattern("no authentication type succeeded"), .account, .nextUpstream, page: smtp),
            ProviderRule(ReplyPattern("json parsing error in x-msys-api"), .message, .fail, page: smtp),
        ])
}
