import Mail
import Testing
import Upstreams

@Suite("Providers")
struct ProviderTests {
    /// `rule` is the provider's name; the rule is found by its number, from 1.
    struct Case: Sendable, CustomTestStringConvertible {
        let provider: String
        let number: Int
        let phase: OutcomePhase
        let reply: String
        let verdict: Verdict
        var testDescription: String { "\(provider) \(number): \(reply)" }

        init(_ provider: String, _ number: Int, _ phase: OutcomePhase, _ reply: String, _ verdict: Verdict) {
            self.provider = provider
            self.number = number
            self.phase = phase
            self.reply = reply
            self.verdict = verdict
        }
    }

    typealias Expect = RuleCase

    static let ses: [Case] = [
        Case("ses", 1, .mail, "454 Throttling failure: Daily message quota exceeded.", Expect.refused),
        Case("ses", 2, .dot, "454 Throttling failure: Maximum sending rate exceeded.", Expect.slower),
        Case("ses", 3, .dot, "454 Throttling failure: try again", Expect.slower),
        Case("ses", 4, .greeting, "421 Too many concurrent SMTP connections", Expect.crowded),
        Case("ses", 5, .dot, "554 Configuration set newsletter does not exist.", Expect.sender),
        Case("ses", 6, .dot, "554 Message rejected: Sending paused for this account.", Expect.refused),
        Case(
            "ses", 7, .dot,
            "554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: a@example.com",
            Expect.sender),
        Case(
            "ses", 8, .dot,
            "554 Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail'",
            Expect.sender),
        Case("ses", 9, .dot, "451 Temporary service failure", Expect.transport),
        Case("ses", 10, .dot, "451 Timeout waiting for data from client", Expect.transport),
    ]

    static let sendGrid: [Case] = [
        Case("sendgrid", 1, .auth, "451 Authentication failed: Maximum credits exceeded", Expect.refused),
        Case(
            "sendgrid", 2, .dot,
            "550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.",
            Expect.sender),
        Case("sendgrid", 3, .mail, "403 You are not authorized to send from that email address", Expect.sender),
        Case("sendgrid", 4, .dot, "550 The authenticated user is not authorized to send mail", Expect.refused),
        Case("sendgrid", 5, .mail, "550 Unauthenticated senders not allowed", Expect.refused),
        Case("sendgrid", 6, .rcpt, "452 Too many recipients received this hour (throttled)", Expect.slower),
        Case("sendgrid", 7, .dot, "451 Temporary local problem - please try later", Expect.transport),
    ]

    static let mailgun: [Case] = [
        Case(
            "mailgun", 1, .data,
            "421 Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only.",
            Expect.refused),
        Case("mailgun", 2, .dot, "554 Free accounts are for test purposes only. Please upgrade.", Expect.refused),
        Case(
            "mailgun", 3, .dot,
            "421 Domain mail.example.com is not allowed to send: recipient limit exceeded, try again after Mon, 25 Aug 2025 07:00:31 UTC",
            Expect.slower),
        Case(
            "mailgun", 4, .dot,
            "554 Your account is on probation and domains are limited to 100 messages / hour. Account will be enabled in 341 seconds",
            Expect.slower),
        Case(
            "mailgun", 5, .data, "421 Domain mail.example.com is not allowed to send: Account Terminated.",
            Expect.refused),
        Case("mailgun", 6, .dot, "554 Domain mail.example.com is disabled", Expect.refused),
    ]

    static let others: [Case] = [
        Case(
            "postmark", 1, .dot,
            "550 5.7.1 The 'From' address you supplied (a@example.com) is not a Sender Signature on your account.",
            Expect.sender),
        Case("postmark", 2, .dot, "550 Sender signature was not confirmed", Expect.sender),
        Case("postmark", 3, .dot, "550 Account is Pending approval", Expect.refused),
        Case("postmark", 4, .dot, "550 Account may not send", Expect.refused),
        Case("postmark", 5, .dot, "550 Not allowed to send. You are out of credits.", Expect.refused),
        Case(
            "postmark", 6, .rcpt, "550 You tried to send to a recipient that has been marked as inactive.",
            Expect.bounced),
        Case("sparkpost", 1, .dot, "550 5.7.1 Unconfigured Sending Domain <demo.example.com>", Expect.sender),
        Case("sparkpost", 2, .auth, "535 5.7.8 Sorry. api-3 No authentication type succeeded", Expect.refused),
        Case("sparkpost", 3, .dot, "550 5.6.0 JSON parsing error in X-MSYS-API", Expect.rejected),
        Case("brevo", 1, .mail, "502 5.7.0 Your SMTP account is not yet activated.", Expect.refused),
        Case("brevo", 2, .auth, "525 5.7.1 Unauthorized IP address", Expect.refused),
        Case(
            "brevo", 3, .dot,
            "550 Sending has been rejected because the sender you used a@example.com is not valid. Validate your sender",
            Expect.sender),
        Case(
            "resend", 1, .dot, "450 Another request with the same idempotency key is currently in progress",
            Expect.messageLater),
        Case("resend", 2, .dot, "550 The example.com domain is not verified.", Expect.sender),
        Case("resend", 3, .dot, "550 You can only send testing emails to your own email address", Expect.sender),
        Case("resend", 4, .dot, "450 You have reached your daily email sending quota.", Expect.refused),
        Case("resend", 5, .dot, "450 You have reached your monthly email quota.", Expect.refused),
        Case("resend", 6, .dot, "450 Too many requests. You can only make 2 requests per second.", Expect.slower),
        Case("resend", 7, .auth, "535 API key is invalid", Expect.refused),
    ]

    static let google: [Case] = [
        Case("google", 1, .mail, "550 5.7.0 Mail relay denied [203.0.113.9].", Expect.refused),
        Case("google", 2, .mail, "550 5.7.1 Invalid credentials for relay [203.0.113.9].", Expect.refused),
        Case("google", 3, .dot, "550 5.4.5 Daily SMTP relay limit exceeded for user.", Expect.sender),
        Case("google", 4, .dot, "550 5.4.5 Daily SMTP relay limit exceeded for customer.", Expect.refused),
        Case("google", 5, .dot, "550 5.4.5 Daily user sending quota exceeded. - gsmtp", Expect.refused),
        Case("google", 6, .rcpt, "450 4.2.1 Peak SMTP relay limit exceeded for customer.", Expect.slower),
        Case(
            "google", 7, .greeting,
            "421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
            Expect.slower),
        Case("google", 8, .mail, "421 4.4.5 Server busy, try again later.", Expect.slower),
        Case("google", 9, .auth, "454 4.7.0 Too many login attempts, please try again later.", Expect.refused),
        Case(
            "google", 10, .rcpt, "421 4.7.0 IP not in whitelist for RCPT domain, closing connection.",
            Verdict(.recipient, .nextUpstream)),
        Case(
            "google", 11, .rcpt, "451 4.3.0 Multiple destination domains per transaction is unsupported.",
            Expect.recipientLater),
        Case(
            "google", 12, .rcpt, "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
            Expect.recipientLater),
    ]

    static let microsoft: [Case] = [
        Case("microsoft365", 1, .mail, "432 4.3.2 Concurrent connections limit exceeded.", Expect.crowded),
        Case(
            "microsoft365", 2, .dot, "554 5.2.252 SendAsDenied; a@example.com not allowed to send as b@example.com",
            Expect.sender),
        Case(
            "microsoft365", 3, .mail, "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
            Expect.sender),
        Case(
            "microsoft365", 4, .dot, "554 5.2.252 Sender throttled due to continuous send as denied errors.",
            Expect.slower),
        Case("microsoft365", 5, .dot, "550 5.2.253 Throttled: continuous invalid license errors.", Expect.slower),
        Case(
            "microsoft365", 6, .dot,
            "554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionQuotaExceeded",
            Expect.refused),
        Case("microsoft365", 7, .dot, "554 5.2.0 STOREDRV.Submission; recipient rate limit", Expect.refused),
        Case(
            "microsoft365", 8, .dot,
            "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
            Expect.refused),
        Case("microsoft365", 9, .dot, "550 5.1.8 Access denied, bad outbound sender", Expect.sender),
        Case(
            "microsoft365", 10, .dot, "550 5.7.750 Client blocked from sending from unregistered domain.",
            Expect.sender),
        Case("microsoft365", 11, .dot, "550 5.7.501 Access denied, spam abuse detected.", Expect.refused),
        Case(
            "microsoft365", 12, .dot, "550 5.7.606 Access denied, banned sending IP [192.0.2.7]", Expect.refused),
        Case("microsoft365", 12, .rcpt, "550 5.7.649 Access denied, banned sending IP [192.0.2.7]", Expect.refused),
        Case("microsoft365", 11, .dot, "550 5.7.506 Access Denied, Bad HELO", Expect.refused),
        Case("microsoft365", 11, .dot, "550 5.7.511 Access denied, banned sender [192.0.2.7]", Expect.refused),
        Case("microsoft365", 11, .dot, "550 5.7.713 Access denied, tenant has exceeded threshold", Expect.refused),
        Case(
            "microsoft365", 13, .rcpt, "550 5.7.507 Access denied, rejected by recipient",
            Verdict(.recipient, .nextUpstream)),
        Case(
            "microsoft365", 14, .rcpt, "550 5.4.1 Recipient address rejected: Access denied.", Expect.bounced),
        Case(
            "microsoft365", 15, .rcpt, "550 5.7.64 TenantAttribution; Relay Access Denied SMTP", Expect.refused),
        Case(
            "microsoft365", 16, .rcpt, "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required", Expect.bounced),
        Case("microsoft365", 17, .rcpt, "450 4.7.508 Too much", Expect.slower),
        Case("microsoft365", 17, .dot, "550 5.7.508 [2001:db8::7] has exceeded permitted limits", Expect.slower),
        Case("microsoft365", 17, .rcpt, "451 4.7.500 Server busy. Please try again later.", Expect.slower),
    ]

    static let cases = ses + sendGrid + mailgun + others + google + microsoft

    @Test("every rule decides what its page says", arguments: cases)
    func rule(row: Case) throws {
        let provider = try #require(Provider.named(row.provider))
        let reply = try #require(Reply(parsing: row.reply))
        let decision = RuleBook(own: [], provider: provider).explain(reply, at: row.phase)
        #expect(decision.source == .provider(provider, provider.rules[row.number - 1]))
        #expect(decision.verdict == row.verdict)
    }

    @Test("no rule is untested, and each names a public page", arguments: Provider.all)
    func everyRule(provider: Provider) {
        let tested = Set(Self.cases.filter { $0.provider == provider.name }.map(\.number))
        #expect(tested == Set(1...provider.rules.count))
        for rule in provider.rules { #expect(rule.page.hasPrefix("https://")) }
        for limit in provider.connectionLimits { #expect(limit.page.hasPrefix("https://") && limit.count > 0) }
    }

    @Test(
        "a host's name identifies the provider",
        arguments: [
            ("email-smtp.eu-west-1.amazonaws.com", "ses"), ("EMAIL-SMTP.us-east-1.AmazonAWS.com.", "ses"),
            ("vpce-0abc.email-smtp.us-east-1.vpce.amazonaws.com", "ses"), ("smtp.sendgrid.net", "sendgrid"),
            ("smtp.mailgun.org", "mailgun"), ("smtp.eu.mailgun.org", "mailgun"), ("smtp.postmarkapp.com", "postmark"),
            ("smtp.eu.sparkpostmail.com", "sparkpost"), ("smtp-relay.brevo.com", "brevo"),
            ("smtp.resend.com", "resend"), ("smtp-relay.gmail.com", "google"), ("smtp.gmail.com", "google"),
            ("example-com.mail.protection.outlook.com", "microsoft365"), ("smtp.office365.com", "microsoft365"),
        ])
    func host(host: String, provider: String) {
        #expect(Provider.recognised(host: host)?.name == provider)
    }

    @Test(
        "a similar name does not",
        arguments: [
            "email-smtp.amazonaws.com.example.org", "smtp.resend.com.example.org", "notsmtp.resend.com",
            "amazonaws.com",
            "127.0.0.1", "::1", "", ".", "s3.eu-west-1.amazonaws.com",
        ])
    func unknownHost(host: String) {
        #expect(Provider.recognised(host: host) == nil)
    }

    @Test("names are those of the configuration")
    func names() {
        #expect(
            Provider.names == [
                "ses", "sendgrid", "mailgun", "postmark", "sparkpost", "brevo", "resend", "google", "microsoft365",
            ])
        for name in Provider.names { #expect(Provider.named(name)?.name == name) }
        #expect(Provider.named(Provider.noneName) == nil)
    }
}
