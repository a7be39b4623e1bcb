extension Provider {
    private static let domains =
        "https://help.mailgun.com/hc/en-us/articles/202051664-My-domain-has-been-disabled-Now-what"
    private static let sandbox = "https://help.mailgun.com/hc/en-us/articles/217531258-Authorized-Recipients"

    package static let mailgun = Provider(
        name: "mailgun", title: "Mailgun", hosts: ["smtp.mailgun.org", "smtp.*.mailgun.org"],
        identity: .variables(field: "X-Mailgun-Variables"),
        rules: [
            ProviderRule(ReplyPattern("sandbox subdomains"), .account, .nextUpstream, page: sandbox),
            ProviderRule(ReplyPattern("free accounts are for test"), .account, .nextUpstream, page: sandbox),
            ProviderRule(
                ReplyPattern("not allowed to send*limit exceeded"), .account, .slowDown, page: domains),
            ProviderRule(ReplyPattern("account is on probation"), .account, .slowDown, page: domains),
            ProviderRule(
                ReplyPattern("domain*not allowed to send", except: .init(texts: ["recipient"])), .account,
                .nextUpstream, page: domains),
            ProviderRule(
                ReplyPattern(
                    "domain*is disabled", phases: [.greeting, .mail, .data, .dot],
                    except: .init(texts: ["recipient"])), .account, .nextUpstream, page: domains),
        ])
}
