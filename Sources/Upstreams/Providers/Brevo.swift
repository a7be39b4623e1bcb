extension Provider {
    private static let smtp = "https://help.brevo.com/hc/en-us/articles/115000188150"
    private static let addresses =
        "https://help.brevo.com/hc/en-us/articles/5740111683858-Authorize-and-block-IP-addresses-for-API-and-SMTP-security"

    package static let brevo = Provider(
        name: "brevo", title: "Brevo", hosts: ["smtp-relay.brevo.com", "smtp-relay.sendinblue.com"],
        rules: [
            ProviderRule(ReplyPattern("account is not yet activated"), .account, .nextUpstream, page: smtp),
            ProviderRule(ReplyPattern("unauthorized ip address"), .account, .nextUpstream, page: addresses),
            ProviderRule(ReplyPattern("sender you used*is not valid"), .sender, .nextUpstream, page: smtp),
        ])
}
