extension Provider {
    private static let smtp = "https://help.brevo.com/hc/en-us/articles/115000188150"

    package static let brevo = Provider(
        name: "brevo", title: "Brevo", hosts: ["smtp-relay.brevo.com", "smtp-relay.sendinblue.com"],
        rules: [
            ProviderRule(ReplyPattern("account is not yet activated"), .account, .nextUpstream, page: smtp),
            ProviderRule(ReplyPattern("unauthorized ip address"), .account, .nextUpstream, page: smtp),
            ProviderRule(ReplyPattern("sender you used*is not valid"), .sender, .nextUpstream, page: smtp),
        ])
}
