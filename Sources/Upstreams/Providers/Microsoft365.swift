extension Provider {
    private static let submission =
        "https://learn.microsoft.com/en-us/exchange/troubleshoot/send-emails/smtp-submission-improvements"
    private static let throttling =
        "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/continuous-error-throttling-smtp-auth-submissions"
    private static let reports =
        "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online"

    private static let delisting =
        "https://learn.microsoft.com/en-us/microsoft-365/security/office-365-security/"
        + "use-the-delist-portal-to-remove-yourself-from-the-office-365-blocked-senders-lis"

    package static let microsoft365 = Provider(
        name: "microsoft365", title: "Microsoft 365",
        hosts: ["smtp.office365.com", "smtp-mail.outlook.com", "*.mail.protection.outlook.com", "*.mx.microsoft"],
        connectionLimits: [
            ProviderConnectionLimit(3, hosts: ["smtp.office365.com", "smtp-mail.outlook.com"], page: submission)
        ],
        rules: [
            ProviderRule(
                ReplyPattern("concurrent connection*limit exceeded", "thread limit exceeded"), .account, .fewerSessions,
                page: submission),
            // Before the throttling rules, which use the same code.
            ProviderRule(ReplyPattern("sendasdenied"), .sender, .nextUpstream, page: reports),
            ProviderRule(ReplyPattern("permissions to send as this sender"), .sender, .nextUpstream, page: reports),
            ProviderRule(ReplyPattern("sender throttled"), .account, .slowDown, page: throttling),
            ProviderRule(
                ReplyPattern(statuses: ["x.2.251", "x.2.252", "x.2.253", "x.2.254", "x.2.255"]), .account, .slowDown,
                page: throttling),
            ProviderRule(
                ReplyPattern("storedrv.submission*exception:quotaexceeded", "submission quota exceeded"), .account,
                .nextUpstream, page: submission),
            ProviderRule(ReplyPattern("recipient rate limit"), .account, .nextUpstream, page: submission),
            ProviderRule(ReplyPattern(statuses: ["5.1.90"]), .account, .nextUpstream, page: reports),
            ProviderRule(
                ReplyPattern(statuses: ["5.1.8", "x.7.509", "x.7.515"]), .sender, .nextUpstream, page: reports),
            ProviderRule(ReplyPattern("unregistered domain"), .sender, .nextUpstream, page: reports),
            ProviderRule(
                ReplyPattern(
                    statuses: [
                        "5.7.501-503", "x.7.506", "x.7.511", "x.7.232-233", "5.7.700-702", "5.7.704-749",
                    ]), .account, .nextUpstream, page: reports),
            // A whole series, with one number per list.
            ProviderRule(ReplyPattern(statuses: ["5.7.606-649"]), .account, .nextUpstream, page: delisting),
            ProviderRule(
                ReplyPattern(statuses: ["x.7.507", "x.7.510", "x.7.513"]), .recipient, .nextUpstream, page: reports),
            ProviderRule(
                ReplyPattern(
                    "recipient address rejected: access denied", digit: 5, statuses: ["x.4.1"], phases: [.rcpt]),
                .recipient, .fail, page: reports),
            ProviderRule(
                ReplyPattern(statuses: ["x.7.51", "x.7.57", "x.7.64", "x.7.139"]), .account, .nextUpstream,
                page: reports),
            ProviderRule(ReplyPattern("resolver.rst", "resolver.adr"), .recipient, .fail, page: reports),
            ProviderRule(ReplyPattern(statuses: ["4.7.500-699", "x.7.508"]), .account, .slowDown, page: reports),
        ])
}
