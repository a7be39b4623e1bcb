extension Provider {
    private static let submission =
        "https://learn.microsoft.com/en-us/exchange/troubleshoot/send-emails/smtp-submission-improvements"
    private static let throttling =
        "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/continuous-error-throttling-smtp-auth-submissions"
    private static let reports =
        "https://learn.microsoft.com/en-us/exchange/mail-flow-best-practices/non-delivery-reports-in-exchange-online/non-delivery-reports-in-exchange-online"

    package static let microsoft365 = Provider(
        name: "microsoft365", title: "Microsoft 365",
        hosts: ["smtp.office365.com", "smtp-mail.outlook.com", "*.mail.protection.outlook.com", "*.mx.microsoft"],
        rules: [
            ProviderRule(
                ReplyPattern("concurrent connection*limit exceeded", "thread limit exceeded"), .account, .slowDown,
                page: submission),
            // Before the throttling, which bears the same code.
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
            ProviderRule(ReplyPattern(statuses: ["5.1.8"]), .sender, .nextUpstream, page: reports),
            ProviderRule(ReplyPattern("unregistered domain"), .sender, .nextUpstream, page: reports),
            ProviderRule(
                ReplyPattern(
                    statuses: ["5.7.501", "5.7.502", "5.7.503", "5.7.705", "5.7.708"]), .account,
                .nextUpstream, page: reports),
            ProviderRule(
                ReplyPattern(statuses: ["x.7.57", "x.7.64", "x.7.139"]), .account, .nextUpstream, page: reports),
            ProviderRule(ReplyPattern("resolver.rst", "resolver.adr"), .recipient, .fail, page: reports),
            ProviderRule(ReplyPattern(statuses: ["4.7.500"]), .account, .slowDown, page: reports),
        ])
}
