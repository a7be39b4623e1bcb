extension Corpus {
    /// From the documentation of providers with built-in rules.
    static let providers = """
        mail account/throttled ses 454 Throttling failure: Daily message quota exceeded.
        dot account/throttled ses 454 Throttling failure: Maximum sending rate exceeded.
        mail account/throttled ses 454 Throttling failure: Maximum sending rate exceeded.
        greeting account/throttled ses 421 Too many concurrent SMTP connections
        mail account/throttled ses 421 Too many concurrent SMTP connections
        dot transport/transport ses 451 Temporary service failure
        mail transport/transport ses 451 Temporary service failure
        dot transport/transport ses 451 Timeout waiting for data from client
        auth account/authentication ses 454 Temporary authentication failure
        auth account/authentication ses 530 Authentication required
        mail account/authentication ses 530 Authentication required
        auth account/authentication ses 535 Authentication Credentials Invalid
        auth account/authentication ses 538 Encryption required for requested authentication mechanism
        dot sender/authentication ses 554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: app@example.com
        dot sender/authentication ses 554 Message rejected: Email address is not verified.
        dot account/policy ses 554 Message rejected: Sending paused for this account. For more information, please check the inbox of the email address associated with your AWS account.
        mail account/policy ses 554 Message rejected: Sending paused for this account.
        dot sender/invalid_recipient ses 554 Configuration set <newsletter> does not exist.
        dot sender/invalid_recipient ses 554 Access denied: User `arn:aws:iam::123456789012:user/smtp' is not authorized to perform `ses:SendRawEmail' on resource `arn:aws:ses:us-east-1:123456789012:identity/example.com'
        dot account/policy ses 554 Message rejected: Account is suspended
        dot message/other ses 554 Transaction failed: Expected ';', got "octet-stream"
        dot message/content ses 554 Transaction failed: Illegal header 'X-Odd'.
        dot message/content ses 554 Transaction failed: Duplicate header 'Subject'.
        dot message/content ses 554 Message rejected: Your message contains a virus.
        dot message/too_large ses 552 5.3.4 Message is too long.
        dot message/too_large ses 554 Message rejected: Email message exceeds maximum length
        rcpt recipient/other ses 501 Invalid RCPT TO address provided
        mail sender/policy ses 501 Invalid MAIL FROM address provided
        auth account/authentication sendgrid 451 Authentication failed: Maximum credits exceeded
        mail account/throttled sendgrid 451 Authentication failed: Maximum credits exceeded
        dot account/throttled sendgrid 451 Authentication failed: Maximum credits exceeded
        dot sender/authentication sendgrid 550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved. Visit https://sendgrid.com/docs/for-developers/sending-email/sender-identity/ to see the Sender Identity requirements
        mail sender/policy sendgrid 403 You are not authorized to send from that email address
        dot sender/policy sendgrid 403 You are not authorized to send from that email address
        mail account/authentication sendgrid 550 Unauthenticated senders not allowed
        rcpt account/throttled sendgrid 452 Too many recipients received this hour (throttled)
        dot transport/transport sendgrid 451 Temporary local problem - please try later
        dot account/authentication sendgrid 550 The authenticated user is not authorized to send mail
        auth account/authentication sendgrid 535 Authentication failed: Bad username / password
        auth account/authentication sendgrid 535 Authentication failed: The provided authorization grant is invalid, expired, or revoked
        auth account/authentication sendgrid 535 Authentication failed: account disabled
        dot message/too_large sendgrid 552 5.3.4 Your message is too long
        dot message/content sendgrid 550 5.6.0 Invalid SMTP API header
        dot account/policy mailgun 421 Domain sandbox123.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.
        dot account/policy mailgun 421 Domain sandbox123.mailgun.org is not allowed to send: Please activate your Mailgun account. Check your inbox or log in to your control panel to resend the activation email.
        dot account/throttled mailgun 421 Domain mail.example.com is not allowed to send: recipient limit exceeded, try again after Mon, 25 Aug 2025 07:00:31 UTC
        data account/policy mailgun 421 Domain mail.example.com is not allowed to send: Account Terminated.
        dot account/policy mailgun 554 Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in domain settings.
        dot account/policy mailgun 554 Your account is on probation and domains are limited to 100 messages / hour. Account will be enabled in 341 seconds
        dot account/policy mailgun 554 Free accounts are for test purposes only. Please upgrade or add the address to authorized recipients in Account Settings.
        mail account/relay_denied mailgun 550 5.7.1 Relaying denied
        dot account/policy mailgun 554 Domain mail.example.com is disabled
        auth account/authentication mailgun 535 5.7.0 Authentication credentials invalid
        dot sender/authentication postmark 550 5.7.1 The 'From' address you supplied (a@example.com) is not a Sender Signature on your account. Please add and confirm this address in order to be able to use it in the 'From' field of your messages.
        dot sender/authentication postmark 550 Sender signature for a@example.com was not confirmed
        dot account/policy postmark 550 While your account is pending approval, all recipient addresses must share the same domain as the 'From' address. Account is Pending.
        dot account/policy postmark 550 Account may not send
        dot account/policy postmark 550 Not allowed to send. You are out of credits.
        rcpt recipient/invalid_recipient postmark 550 5.7.1 You tried to send to a recipient that has been marked as inactive. Inactive recipients are ones that have generated a hard bounce or a spam complaint.
        auth account/authentication postmark 535 5.7.8 Error: authentication failed
        dot message/too_large postmark 552 5.3.4 Message size exceeds fixed limit
        mail sender/policy sparkpost 550 5.7.1 Unconfigured Sending Domain <demo.example.com>
        dot sender/policy sparkpost 550 5.7.1 Unconfigured Sending Domain <demo.example.com>
        auth account/authentication sparkpost 535 5.7.8 Sorry. api-3 No authentication type succeeded
        dot message/content sparkpost 550 5.6.0 JSON parsing error in X-MSYS-API
        mail account/relay_denied sparkpost 550 5.7.1 relaying denied
        dot account/throttled sparkpost 420 Exceeded sending limit (hourly)
        dot account/throttled sparkpost 550 5.7.1 Exceeded sending limit (daily)
        mail account/policy brevo 502 5.7.0 Your SMTP account is not yet activated. Please contact us at contact@example.com to request activation
        dot account/policy brevo 502 5.7.0 Your SMTP account is not yet activated. Please contact us at contact@example.com to request activation
        auth account/authentication brevo 525 5.7.1 Unauthorized IP address
        mail account/policy brevo 525 5.7.1 Unauthorized IP address
        dot sender/authentication brevo 550 5.7.1 Sending has been rejected because the sender you used a@example.com is not valid. Validate your sender or authenticate your domain
        auth account/authentication brevo 535 5.7.8 Authentication failed
        auth account/authentication brevo 535 5.7.0 Invalid login or password
        dot sender/authentication resend 550 The example.com domain is not verified. Please, add and verify your domain on https://resend.com/domains
        dot sender/policy resend 550 You can only send testing emails to your own email address (me@example.com). To send emails to other recipients, please verify a domain
        dot account/throttled resend 450 You have reached your daily email sending quota.
        dot account/throttled resend 450 You have reached your monthly email quota. Upgrade your plan to remove this limit.
        dot account/throttled resend 450 Too many requests. You can only make 2 requests per second. See rate limit response headers for more information.
        auth account/authentication resend 535 API key is invalid
        dot account/policy resend 550 API key is invalid
        dot message/other resend 409 This idempotency key has been used on a request that had a different payload
        dot message/other resend 450 Another request with the same idempotency key is currently in progress
        mail account/relay_denied google 550 5.7.0 Mail relay denied [203.0.113.9]. Invalid credentials for one of the domains in: example.com
        rcpt account/relay_denied google 550 5.7.0 Mail relay denied [203.0.113.9]
        mail account/policy google 550 5.7.1 Invalid credentials for relay [203.0.113.9]. The IP address you've registered in your G Suite SMTP Relay service doesn't match domain of the account this email is being sent from.
        rcpt account/invalid_recipient google 450 4.2.1 Peak SMTP relay limit exceeded for customer. This is a temporary error. For more information on SMTP relay limits, please contact your administrator
        mail account/policy google 450 4.2.1 Peak SMTP relay limit exceeded for customer
        dot account/throttled google 550 5.4.5 Daily SMTP relay limit exceeded for customer. For more information on SMTP relay sending limits please contact your administrator
        dot sender/throttled google 550 5.4.5 Daily SMTP relay limit exceeded for user. For more information on SMTP relay sending limits please contact your administrator
        dot account/throttled google 550 5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to https://support.google.com/a/answer/166852
        dot account/throttled google 550 5.4.5 Daily user sending quota exceeded. o65sm25351206pga.71 - gsmtp
        greeting account/spam google 421 4.7.0 Our system has detected an unusual rate of unsolicited mail originating from your IP address. To protect our users from spam, mail sent from your IP address has been temporarily blocked.
        mail account/throttled google 421 4.4.5 Server busy, try again later.
        greeting transport/transport google 421 4.3.0 Temporary System Problem. Try again later
        greeting transport/transport google 421 4.7.0 Try again later, closing connection.
        auth account/authentication google 454 4.7.0 Too many login attempts, please try again later.
        auth account/authentication google 534 5.7.9 Application-specific password required. Learn more at https://support.google.com/mail/?p=InvalidSecondFactor
        auth account/authentication google 534 5.7.14 Please log in via your web browser and then try again.
        auth account/authentication google 535 5.7.8 Username and Password not accepted. Learn more at https://support.google.com/mail/?p=BadCredentials
        mail account/authentication google 530 5.5.1 Authentication Required. Learn more at https://support.google.com/mail/?p=WantAuthError
        mail account/policy google 530 5.7.0 Must issue a STARTTLS command first.
        rcpt recipient/policy google 421 4.7.0 TLS required for RCPT domain, closing connection.
        rcpt recipient/policy google 421 4.7.0 IP not in whitelist for RCPT domain, closing connection.
        rcpt recipient/transport google 451 4.3.0 Multiple destination domains per transaction is unsupported. Please try again.
        rcpt recipient/throttled google 450 4.2.1 The user you are trying to contact is receiving mail too quickly. Please resend your message at a later time.
        rcpt recipient/throttled google 450 4.2.1 The user you are trying to contact is receiving mail at a rate that prevents additional messages from being delivered. Please resend your message at a later time.
        rcpt recipient/mailbox_full google 452 4.2.2 The email account that you tried to reach is over quota.
        rcpt recipient/invalid_recipient google 550 5.1.1 The email account that you tried to reach does not exist. Please try double-checking the recipient's email address for typos or unnecessary spaces.
        rcpt recipient/invalid_recipient google 550 5.2.1 The email account that you tried to reach is disabled.
        rcpt recipient/mailbox_full google 552 5.2.2 The email account that you tried to reach is over quota.
        rcpt recipient/invalid_recipient google 553 5.1.2 We weren't able to find the recipient domain. Please check for any spelling errors.
        dot message/too_large google 552 5.2.3 Your message exceeded Google's message size limits.
        dot message/content google 552 5.7.0 This message was blocked because its content presents a potential security issue.
        dot message/policy google 550 5.7.1 The user or domain that you are sending to (or from) has a policy that prohibited the mail that you sent. This message violates example.com email policy.
        dot message/spam google 550 5.7.1 Our system has detected that this message is likely unsolicited mail. To reduce the amount of spam sent to Gmail, this message has been blocked.
        rcpt transport/policy google 451 4.3.0 Mail server temporarily rejected message.
        dot transport/policy google 451 4.3.0 Mail server temporarily rejected message.
        mail account/throttled microsoft365 432 4.3.2 Concurrent connections limit exceeded. Visit https://aka.ms/concurrent_sending for more information.
        dot account/throttled microsoft365 432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded
        dot sender/policy microsoft365 554 5.2.252 SendAsDenied; app@example.com not allowed to send as news@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied
        dot account/throttled microsoft365 550 5.2.252 Sender throttled due to continuous send as denied errors.
        mail account/throttled microsoft365 554 5.2.252 Sender throttled due to continuous send as denied errors.
        dot account/throttled microsoft365 550 5.2.251 Sender throttled due to continuous mailbox full errors.
        dot account/throttled microsoft365 550 5.2.253 Throttled due to continuous invalid license errors.
        dot account/throttled microsoft365 550 5.2.255 Sender throttled due to continuous invalid recipients errors.
        dot account/throttled microsoft365 554 5.2.2 mailbox full; STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded; Failed to process message due to a permanent exception
        dot account/policy microsoft365 550 5.2.2 Submission quota exceeded
        dot account/throttled microsoft365 554 5.2.0 STOREDRV.Submission; The message can't be submitted because the sender's submission quota was exceeded; recipient rate limit
        dot account/policy microsoft365 550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients
        dot sender/policy microsoft365 550 5.1.8 Access denied, bad outbound sender AS(42004)
        mail sender/authentication microsoft365 550 5.7.60 SMTP; Client does not have permissions to send as this sender
        dot sender/relay_denied microsoft365 550 5.7.750 Unable to relay: Service unavailable. Client blocked from sending from unregistered domain.
        dot account/spam microsoft365 550 5.7.501 Access denied, spam abuse detected. The sending account has been banned.
        dot account/policy microsoft365 550 5.7.705 Access denied, tenant has exceeded threshold
        dot account/policy microsoft365 550 5.7.708 Access denied, traffic not accepted from this IP
        rcpt account/relay_denied microsoft365 550 5.7.64 TenantAttribution; Relay Access Denied SMTP
        mail account/authentication microsoft365 530 5.7.57 Client not authenticated to send mail. Error: 535 5.7.3 Authentication unsuccessful
        auth account/authentication microsoft365 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information.
        auth account/authentication microsoft365 535 5.7.3 Authentication unsuccessful
        rcpt account/transport microsoft365 451 4.7.500 Server busy. Please try again later from [203.0.113.9].
        rcpt recipient/invalid_recipient microsoft365 550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup
        rcpt recipient/invalid_recipient microsoft365 550 5.4.1 Recipient address rejected: Access denied.
        rcpt recipient/policy microsoft365 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required: the recipient takes mail from authenticated senders only
        """
}
