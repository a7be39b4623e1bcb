extension Corpus {
    /// About the sender, as seen by this server.
    static let senders = """
        dot sender/authentication - 554 Message rejected: Email address is not verified
        dot sender - 550-From header sender domain not verified. On your Settings > Sender Domains page verify the sender domain to be allowed to send.
        dot sender/authentication - 530 From/Sender domain is not verified for this workspace. From: a@example.com
        dot sender/authentication - 530 API key is restricted to sending domain: example.com. From/Sender address must use this domain.
        mail sender/policy - 550 This domain is not associated with your account
        dot sender/policy - 550 This domain is not associated with your account
        dot sender/authentication - 550 The from address does not match a verified Sender Identity
        dot sender/authentication - 550 5.7.1 Sender address is not verified
        mail sender/policy - 553 5.7.1 <news@example.com>: Sender address rejected: not owned by user app@example.com
        rcpt sender/invalid_recipient - 553 5.7.1 <news@example.com>: Sender address rejected: not owned by user app@example.com
        rcpt sender/invalid_recipient - 553 5.7.1 <news@example.com>: Sender address rejected: not logged in
        rcpt sender/invalid_recipient - 450 4.1.8 <app@example.invalid>: Sender address rejected: Domain not found
        mail sender/policy - 550 5.1.8 <app@example.invalid>: Sender address rejected: Domain not found
        mail sender/policy - 501 5.1.7 Invalid sender address
        mail sender/policy - 553 5.1.8 Domain of sender address app@example.invalid does not exist
        rcpt sender/policy - 550 Sender verify failed
        rcpt sender - 550-Verification failed for <app@example.com> Sender verify failed
        mail sender/authentication - 550 5.7.60 SMTP; Client does not have permissions to send as this sender
        dot sender/authentication - 550 5.7.60 SMTP; Client does not have permissions to send as this sender
        dot sender/policy - 554 5.2.252 SendAsDenied; app@example.com not allowed to send as news@example.com
        mail sender/policy - 550 5.7.1 Sender domain example.com is not permitted
        mail sender/policy - 554 5.7.1 You are not allowed to send from this address
        dot sender/policy - 550 5.7.1 You are not authorized to send from this address
        mail sender/authentication - 550 5.7.27 Sender address has null MX
        rcpt sender/authentication - 550 5.7.27 Sender address has null MX
        dot sender/authentication - 550 5.7.26 This message does not have authentication information or fails to pass authentication checks.
        rcpt sender/authentication - 550 5.7.23 The message was rejected because of Sender Policy Framework violation
        dot sender/authentication - 550 5.7.20 No passing DKIM signature found
        dot sender/authentication - 550 5.7.1 Unauthenticated email from example.com is not accepted due to domain's DMARC policy.
        mail sender/authentication - 550 5.7.1 SPF check failed for example.com
        mail sender/policy - 550 5.7.1 Access denied
        mail sender/policy - 554 5.7.1 Command rejected
        mail sender/policy - 550 Unconfigured Sending Domain
        dot sender/authentication - 550 5.7.1 Unverified sender
        mail sender/policy - 553 Sender not allowed
        mail sender/policy - 501 5.5.4 Syntax error in parameters
        """

    /// About a recipient.
    static let recipients = """
        rcpt recipient/invalid_recipient - 550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown in local recipient table
        rcpt recipient/invalid_recipient - 550 5.1.1 User unknown
        rcpt recipient/invalid_recipient - 550 5.1.1 <account-suspended@example.org>: Recipient address rejected: User unknown
        rcpt recipient/invalid_recipient - 550 5.1.1 <relay-access-denied@example.org> User unknown
        rcpt recipient/invalid_recipient - 550 No such user: quota-exceeded@example.org
        rcpt recipient/invalid_recipient - 550 "rate limit exceeded"@example.org unknown
        rcpt recipient/invalid_recipient - 550 No such user here
        rcpt recipient/invalid_recipient - 550 Unrouteable address
        rcpt recipient/invalid_recipient - 550 Unknown user
        rcpt recipient/invalid_recipient - 551 User not local; please try <other@example.org>
        rcpt recipient/invalid_recipient - 553 5.1.3 Invalid address
        rcpt recipient/invalid_recipient - 501 5.1.3 Bad recipient address syntax
        rcpt recipient/invalid_recipient - 550 5.1.2 Bad destination host: host not found
        rcpt recipient/invalid_recipient - 550 5.1.6 Recipient no longer on server
        rcpt recipient/invalid_recipient - 550 5.1.10 Recipient address has null MX
        rcpt recipient/invalid_recipient - 550 5.2.1 Mailbox disabled, not accepting messages
        rcpt recipient/invalid_recipient - 550 5.2.1 This account has been disabled or discontinued
        rcpt recipient/invalid_recipient - 550 5.2.0 Mailbox unavailable
        rcpt recipient/invalid_recipient - 550 Requested action not taken: mailbox unavailable
        rcpt recipient/invalid_recipient - 450 4.2.0 Mailbox temporarily unavailable
        rcpt recipient/invalid_recipient - 450 4.2.1 Mailbox disabled for now
        rcpt recipient/invalid_recipient - 550 5.4.1 Recipient address rejected: Access denied
        rcpt recipient/invalid_recipient - 554 5.7.1 <user@example.org>: Recipient address rejected: Access denied
        rcpt recipient/policy - 550 5.7.1 Recipient has opted out
        rcpt recipient/policy - 550 5.7.1 You are not allowed to send to this recipient
        rcpt recipient/policy - 550 5.7.124 Sender not in the list of those who may send to this group
        rcpt recipient/policy - 550 5.7.129 Only permitted senders may send to this recipient
        rcpt recipient/mailbox_full - 452 4.2.2 Mailbox full
        rcpt recipient/mailbox_full - 552 5.2.2 Mailbox full
        dot recipient/mailbox_full - 552 5.2.2 Mailbox full
        dot recipient/mailbox_full - 452 4.2.2 Mailbox full
        rcpt recipient/mailbox_full - 452 4.2.2 The email account that you tried to reach is over quota
        rcpt recipient/mailbox_full - 552 5.2.2 The email account that you tried to reach is over quota
        dot recipient/mailbox_full - 552 5.2.2 The recipient's mailbox is over quota
        rcpt recipient/mailbox_full - 552 Mailbox is full / Blocks limit exceeded / Inode limit exceeded
        rcpt recipient/mailbox_full - 452 <user@example.org> Mailbox is full
        rcpt recipient/mailbox_full - 552 Requested mail action aborted: exceeded storage allocation
        rcpt recipient/mailbox_full - 552 5.2.2 Over quota
        rcpt recipient/mailbox_full - 452 4.2.2 Quota exceeded
        dot recipient/mailbox_full - 552 5.2.2 Quota exceeded (mailbox for user is full)
        dot recipient/mailbox_full - 452 4.2.2 <user@example.org> Quota exceeded (mailbox for user is full)
        rcpt recipient/mailbox_full - 550 Mailbox quota exceeded
        rcpt recipient/throttled - 450 4.7.1 <user@example.org>: Recipient address rejected: Greylisted, see http://postgrey.example.org/help
        rcpt recipient/throttled - 451 4.7.1 Greylisting in action, please come back in 00:04:59
        rcpt recipient/throttled - 450 4.2.0 <user@example.org>: Recipient address rejected: Greylisted
        dot recipient/throttled - 451 Greylisted, please try again later
        rcpt recipient/invalid_recipient - 450 4.1.1 <user@example.org>: Recipient address rejected: unverified address: unknown user
        rcpt recipient/invalid_recipient - 450 4.1.2 <user@example.invalid>: Recipient address rejected: Domain not found
        rcpt recipient/throttled - 450 4.2.1 The user you are trying to contact is receiving mail too quickly
        rcpt recipient/throttled - 452 4.5.3 Error: too many recipients
        rcpt recipient/throttled - 452 Too many recipients
        rcpt recipient/throttled - 450 4.5.3 Too many recipients in this transaction
        rcpt recipient/transport - 451 Try again later
        rcpt recipient/invalid_recipient - 450 Requested mail action not taken: mailbox unavailable
        rcpt recipient/other - 550 Administrative prohibition
        rcpt recipient/policy - 554 Delivery not allowed
        rcpt recipient/invalid_recipient - 556 5.1.10 Domain does not accept mail
        rcpt recipient/invalid_recipient - 550 5.4.4 Unable to route: host not found
        dot recipient/invalid_recipient - 550 5.1.1 RESOLVER.ADR.RecipNotFound; not found
        rcpt recipient/invalid_recipient - 550 The account of this recipient is disabled
        rcpt recipient/invalid_recipient - 550 5.1.1 The account is suspended
        """

    /// About the message itself.
    static let messages = """
        dot message/content - 550 5.7.1 Message content rejected
        dot message/spam - 550 5.7.1 message content rejected as spam
        dot message/spam - 554 5.7.1 Spam message rejected
        dot message/spam - 554 5.7.1 Message rejected: spam detected
        dot message/spam - 554 Message blocked: your message looks like spam and its reputation is too low
        dot message/content - 550 5.7.1 This message has been blocked because it contains a virus
        dot message/content - 554 5.7.1 virus Eicar-Test-Signature detected by ClamAV
        dot message/content - 552 5.7.1 virus Win.Test.EICAR_HDB-1 detected
        dot message/spam - 550 Message rejected: phishing suspected
        dot message/spam - 554 5.7.1 Message contains a URL that is on a blocklist
        dot message/content - 550 5.7.1 Content policy violation
        dot message/content - 554 5.6.0 Message has malformed headers
        dot message/content - 550 5.6.0 Lone CR or LF in headers
        dot message/content - 550 5.6.11 Invalid characters
        dot message/other - 550 5.5.2 Bare newline received
        dot message/other - 521 5.5.2 bare <LF> received
        dot message/too_large - 552 5.3.4 Message size exceeds fixed limit
        mail message/too_large - 552 5.3.4 Message size exceeds fixed limit
        mail message/too_large - 552 Message size exceeds maximum permitted
        dot message/too_large - 552 5.3.4 Message too big
        dot message/too_large - 552 Message size limit exceeded
        dot message/too_large - 554 5.3.4 Message header size, or recipient list, exceeds policy limit
        mail message/content - 554 5.6.3 Conversion required but not supported
        dot message/transport - 550 5.4.6 Too many hops
        dot message/transport - 554 5.4.14 Hop count exceeded - possible mail loop
        dot message/throttled - 554 Too many Received headers: hop limit exceeded
        dot message/content - 550 Line length limit exceeded
        dot message/content - 550 5.7.1 Attachment size limit exceeded
        dot message/other - 554 Transaction failed
        dot message/policy - 554 5.0.0 Rejected
        dot message/policy - 550 Rejected by policy
        dot message/content - 550 Message has no From header
        dot message/content - 550 5.7.1 Attachment type .exe not allowed
        dot message/content - 554 Blocked attachment
        dot message/transport - 451 4.7.1 Please try again later
        dot message/other - 450 Requested action not taken
        dot message/content - 451 4.7.1 Message deferred by content filter
        dot message/content - 550 5.7.0 Message rejected due to its content
        dot message/spam - 554 5.7.1 Your message was rejected as spam
        data message/policy - 554 5.7.1 Policy rejection
        """

    /// About the server, or the path to it.
    static let hosts = """
        greeting transport/transport - 554 No SMTP service here
        greeting transport/policy - 521 Host does not accept mail
        greeting transport/transport - 421 4.3.2 Service not available
        greeting transport/transport - 450 Try again later
        greeting transport/transport - 554 5.3.2 Not accepting messages
        greeting transport/transport - 502 5.5.1 EHLO is not implemented
        greeting transport/policy - 454 4.7.0 TLS not available due to local problem
        mail transport/transport - 421 4.3.0 Closing connection
        rcpt transport/transport - 421 4.4.2 Timeout exceeded
        dot transport/transport - 421 4.4.2 Error: timeout exceeded
        data transport/transport - 421 Service shutting down
        dot transport/transport - 421 Service shutting down and closing transmission channel
        mail transport/transport - 451 4.3.0 Temporary server error
        mail transport/transport - 452 4.3.1 Insufficient system storage
        rcpt transport/transport - 452 4.3.1 Insufficient system storage
        dot transport/transport - 452 4.3.1 Insufficient system storage
        dot transport/transport - 452 Requested action not taken: insufficient system storage
        dot transport/transport - 451 4.3.0 Error: queue file write error
        dot transport/transport - 550 5.3.1 Mail system full
        dot transport/transport - 554 5.3.5 System incorrectly configured
        dot transport/transport - 451 4.3.5 Server configuration error
        rcpt transport/transport - 451 4.3.5 Server configuration error
        rcpt transport/transport - 451 4.3.0 <user@example.org>: Temporary lookup failure
        rcpt transport/transport - 451 Temporary local problem - please try later
        dot transport/transport - 451 Temporary local problem - please try later
        dot transport/transport - 451 Requested action aborted: local error in processing
        dot transport/transport - 451 Internal server error
        dot transport/transport - 554 Internal server error
        dot transport/policy - 550 5.3.2 System not accepting network messages
        rcpt transport/transport - 450 4.3.2 Service currently unavailable
        dot transport/transport - 451 4.3.2 Please try again later
        mail transport/transport - 554 Service unavailable
        dot transport/transport - 451 Backend unreachable
        dot transport/transport - 451 Database error
        dot transport/transport - 451 Timeout waiting for data from client
        rcpt transport/transport - 503 5.5.1 Bad sequence of commands
        data transport/transport - 503 5.5.1 Need RCPT first
        mail transport/transport - 503 5.5.1 Nested MAIL command
        mail transport/transport - 502 5.5.1 Command not implemented
        rcpt transport/transport - 451 The server is down for maintenance
        """
}
