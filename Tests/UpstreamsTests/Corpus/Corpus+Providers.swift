extension Corpus {
    /// From the documentation of providers with built-in rules.
    static let providers = """
        mail account ses 454 Throttling failure: Daily message quota exceeded.
        dot account ses 454 Throttling failure: Maximum sending rate exceeded.
        mail account ses 454 Throttling failure: Maximum sending rate exceeded.
        greeting account ses 421 Too many concurrent SMTP connections
        mail account ses 421 Too many concurrent SMTP connections
        dot transport ses 451 Temporary service failure
        mail transport ses 451 Temporary service failure
        dot transport ses 451 Timeout waiting for data from client
        auth account ses 454 Temporary authentication failure
        auth account ses 530 Authentication required
        mail account ses 530 Authentication required
        auth account ses 535 Authentication Credentials Invalid
        auth account ses 538 Encryption required for requested authentication mechanism
        dot sender ses 554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: app@example.com
        dot sender ses 554 Message rejected: Email address is not verified.
        dot account ses 554 Message rejected: Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.
        mail account ses 554 Message rejected: Sending paused for this account.
        dot sender ses 554 Configuration set <newsletter> does not exist.
        dot sender ses 554 Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail' on resource `arn:aws:ses:us-east-1:123456789012:identity/example.com'
        dot account ses 554 Message rejected: Account is suspended
        dot message ses 554 Transaction failed: Expected ';', got "octet-stream"
        dot message ses 554 Transaction failed: Illegal header 'X-Odd'.
        dot message ses 554 Transaction failed: Duplicate header 'Subject'.
        dot message ses 554 Message rejected: Your message contains a virus.
        dot message ses 552 5.3.4 Message is too long.
        dot message ses 554 Message rejected: Email message exceeds maximum length
        rcpt recipient ses 501 Invalid RCPT TO address provided
        mail sender ses 501 Invalid MAIL FROM address provided
        auth account sendgrid 451 Authentication failed: Maximum credits exceeded
        mail account sendgrid 451 Authentication failed: Maximum credits exceeded
        dot account sendgrid 451 Authentication failed: Maximum credits exceeded
        dot sender sendgrid 550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements
        mail sender sendgrid 403 You are not authorized to send from that email address
        dot sender sendgrid 403 You are not authorized to send from that email address
        mail account sendgrid 550 Unauthenticated senders not allowed
        rcpt account sendgrid 452 Too many recipients received this hour (throttled)
        dot transport sendgrid 451 Temporary local problem - please try later
        dot account sendgrid 550 The authenticated user is not authorized to send mail
        auth account sendgrid 535 Authentication failed: Bad username / password
        auth account sendgrid 535 Authentication failed: The provided authorization grant is invalid, expired, or revoked
        auth account sendgrid 535 Authentication failed: account disabled
        dot message sendgrid 552 5.3.4 Your message is too long
        dot message sendgrid 550 5.6.0 Invalid SMTP API header
        dot account mailgun 421 Domain sandbox123.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.
        dot account mailgun 421 Domain sandbox123.mailgun.org is not allowed to send: Please activate your Mailgun account. Check your inbox or log in to your control panel to resend the activation email.
        dot account mailgun 421 Domain mail.example.com is not allowed to send: recipient limit exceeded, try again after Mon, 25 Aug 2025 07:00:31 UTC
        data account mailgun 421 Domain mail.example.com is not allowed to send: Account Terminated.
        dot account mailgun 554 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in domain settings.
        dot account mailgun 554 Your account is on probation and domains are limited to 100 messages / hour. Account will be enabled in 341 seconds
        dot account mailgun 554 Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.
        mail account mailgun 550 5.7.1 Relaying denied
        dot account mailgun 554 Domain mail.example.com is disabled
        auth account mailgun 535 5.7.0 Authentication credentials invalid
        dot sender postmark 550 5.7.1 The 'From' address you supplied (a@example.com) is not a Sender Signature on your account. Please add and confirm this address in order to be able to use it in the 'From' field of your messages.
        dot sender postmark 550 Sender signature for a@example.com was not confirmed
        dot account postmark 550 While your account is pending approval, all recipient addresses must share the same domain as the 'From' address. Account is Pending.
        dot account postmark 550 Account may not send
        dot account postmark 550 Not allowed to send. You are out of credits.
        rcpt recipient postmark 550 5.7.1 You tried to send to a recipient that has been marked as inactive. Inactive recipients are ones that have generated a hard bounce or a spam complaint.
        auth account postmark 535 5.7.8 Error: authentication failed
        dot message postmark 552 5.3.4 Message size exceeds fixed limit
        mail sender sparkpost 550 5.7.1 Unconfigured Sending Domain <demo.example.com>
        dot sender sparkpost 550 5.7.1 Unconfigured Sending Domain <demo.example.com>
        auth account sparkpost 535 5.7.8 Sorry. api-3 No authentication type succeeded
        dot message sparkpost 550 5.6.0 JSON parsing error in X-MSYS-API
        mail account sparkpost 550 5.7.1 relaying denied
        dot account sparkpost 420 Exceeded sending limit (hourly)
        dot account sparkpost 550 5.7.1 Exceeded sending limit (daily)
        mail account brevo 502 5.7.0 Your SMTP account is not yet activated. Please contact us at contact@example.com to request activation
        dot account brevo 502 5.7.0 Your SMTP account is not yet activated. Please contact us at contact@example.com to request activation
        auth account brevo 525 5.7.1 Unauthorized IP address
        mail account brevo 525 5.7.1 Unauthorized IP address
        dot sender brevo 550 5.7.1 Sending has been rejected because the sender you used a@example.com is not valid. Validate your sender or authenticate your domain
        auth account brevo 535 5.7.8 Authentication failed
        auth account brevo 535 5.7.0 Invalid login or password
        dot sender resend 550 The example.com domain is not verified. Please, add and verify your domain on https://resend.com/domains
        dot sender resend 550 You can only send testing emails to your own email address (me@example.com). To send emails to other recipients, please verify a domain
        dot account resend 450 You have reached your daily email sending quota.
        dot account resend 450 You have reached your monthly email quota. Upgrade your plan to remove this limit.
        dot account resend 450 Too many requests. You can only make 2 requests per second. See rate limit response headers for more information.
        auth account resend 535 API key is invalid
        dot account resend 550 API key is invalid
        dot message resend 409 This idempotency key has been used on a request that had a different payload
        dot message resend 450 Another request with the same idempotency key is currently in progress
        mail account google 550 5.7.0 Mail relay denied [203.0.113.9]. Invalid credentials for one of the domains in: example.com
        rcpt account google 550 5.7.0 Mail relay denied [203.0.113.9]
        mail account google 550 5.7.1 Invalid credentials for relay [203.0.113.9]. The IP address you've registered in your G Suite SMTP Relay service doesn't match domain of the account this email is being sent from.
        rcpt account google 450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error. For more information on SMTP relay limits, please contact your administrator
        mail account google 450 4.2.1 Peak SMTP relay limit exceeded for customer
        dot account google 550 5.4.5 Daily SMTP relay limit exceeded for customer. For more information on SMTP relay sending limits please contact your administrator
        dot sender google 550 5.4.5 Daily SMTP relay limit exceeded for user. For more information on SMTP relay sending limits please contact your administrator
        dot account google 550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852
        dot account google 550 5.4.5 Daily user sending quota exceeded. o65sm25351206pga.71 - gsmtp
        greeting account google 421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily blocked.
        mail account google 421 4.4.5 Server busy, try again later.
        greeting transport google 421 4.3.0 Temporary System Problem. Try again later
        greeting transport google 421 4.7.0 Try again later, closing connection.
        auth account google 454 4.7.0 Too many login attempts, please try again later.
        auth account google 534 5.7.9 Application-specific password required. Learn more at https://support.google.com/mail/?p=InvalidSecondFactor
        auth account google 534 5.7.14 Please log in via your web browser and then try again.
        auth account google 535 5.7.8 Username and Password not accepted. Learn more at https://support.google.com/mail/?p=BadCredentials
        mail account google 530 5.5.1 Authentication Required. Learn more at https://support.google.com/mail/?p=WantAuthError
        mail account google 530 5.7.0 Must issue a STARTTLS command first.
        rcpt recipient google 421 4.7.0 TLS required for RCPT domain, closing connection.
        rcpt recipient google 421 4.7.0 IP not in whitelist for RCPT domain, closing connection.
        rcpt recipient google 451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.
        rcpt recipient google 450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.
        rcpt recipient google 450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. Please resend your message at a later time.
        rcpt recipient google 452 4.2.2 The email account that you tried to reach is over quota.
        rcpt recipient google 550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces.
        rcpt recipient google 550 5.2.1 The email account that you tried to reach is disabled.
        rcpt recipient google 552 5.2.2 The email account that you tried to reach is over quota.
        rcpt recipient google 553 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors.
        dot message google 552 5.2.3 Your message exceeded Google's message size limits.
        dot message google 552 5.7.0 This message was blocked because its content presents a potential security issue.
        dot message google 550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent. This message violates example.com email policy.
        dot message google 550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.
        rcpt transport google 451 4.3.0 Mail server temporarily rejected message.
        dot transport google 451 4.3.0 Mail server temporarily rejected message.
        mail account microsoft365 432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.
        dot account microsoft365 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded
        dot sender microsoft365 554 5.2.252 SendAsDenied; app@example.com not allowed to send as news@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied
        dot account microsoft365 550 5.2.252 Sender throttled due to continuous send as denied errors.
        mail account microsoft365 554 5.2.252 Sender throttled due to continuous send as denied errors.
        dot account microsoft365 550 5.2.251 Sender throttled due to continuous mailbox full errors.
        dot account microsoft365 550 5.2.253 Throttled due to continuous invalid license errors.
        dot account microsoft365 550 5.2.255 Sender throttled due to continuous invalid recipients errors.
        dot account microsoft365 554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception
        dot account microsoft365 550 5.2.2 Submission quota exceeded
        dot account microsoft365 554 5.2.0 STOREDRV.Submission; The message can't be submitted because the sender's submission quota was exceeded; recipient rate limit
        dot account microsoft365 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
        dot sender microsoft365 550 5.1.8 Access denied, bad outbound sender AS(42004)
        mail sender microsoft365 550 5.7.60 SMTP; Client does not have permissions to send as this sender
        dot sender microsoft365 550 5.7.750 Unable to relay: Service unavailable. Client blocked from sending from unregistered domain.
        dot account microsoft365 550 5.7.501 Access denied, spam abuse detected. The sending account has been banned.
        dot account microsoft365 550 5.7.705 Access denied, tenant has exceeded threshold
        dot account microsoft365 550 5.7.708 Access denied, traffic not accepted from this IP
        rcpt account microsoft365 550 5.7.64 TenantAttribution; Relay Access Denied SMTP
        mail account microsoft365 530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Authentication unsuccessful
        auth account microsoft365 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.
        auth account microsoft365 535 5.7.3 Authentication unsuccessful
        rcpt account microsoft365 451 4.7.500 Server busy. Please try again later from [203.0.113.9].
        rcpt recipient microsoft365 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
        rcpt recipient microsoft365 550 5.4.1 Recipient address rejected: Access denied.
        rcpt recipient microsoft365 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required: the recipient takes mail from authenticated senders only
        """
}
