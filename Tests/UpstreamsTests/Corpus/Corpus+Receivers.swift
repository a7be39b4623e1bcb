extension Corpus {
    /// Replies of large receivers and their filters about a recipient, as seen in bounces and on public postmaster
    /// pages.
    static let receiversOnRecipients = """
        rcpt recipient/invalid_recipient - 550 #5.1.0 Address rejected.
        rcpt recipient/invalid_recipient - 550 5.1.0 Address rejected.
        rcpt recipient/invalid_recipient - 550 <user@example.org>: Recipient address rejected.
        rcpt recipient/invalid_recipient - 550 5.7.1 <user@example.org>: Recipient address rejected: User unknown
        rcpt recipient/invalid_recipient - 554 5.7.1 <user@example.org>: Recipient address rejected: User unknown
        rcpt recipient/invalid_recipient - 550 User not found
        rcpt recipient/invalid_recipient - 550 user not found: user@example.org
        rcpt recipient/invalid_recipient - 550 Unknown user user@example.org
        rcpt recipient/invalid_recipient - 550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN007_416
        rcpt recipient/policy - 550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426
        rcpt recipient/invalid_recipient - 550 Invalid recipient: <user@example.org>
        rcpt recipient/invalid_recipient - 553 Invalid recipient user@example.org (Mode: normal)
        rcpt recipient/invalid_recipient - 550 Invalid Recipient - https://community.example.com/docs/DOC-1369#550
        rcpt recipient/invalid_recipient - 550 Mailbox is frozen. See http://mail.example.org/err/3/
        rcpt recipient/invalid_recipient - 550 <user@example.org>... User not exist
        rcpt recipient/other - 550 'user@example.org' is not a registered gateway user
        rcpt recipient/invalid_recipient - 551 not our customer
        rcpt recipient/invalid_recipient - 550 Not our Customer
        rcpt recipient/invalid_recipient - 551 not our user
        rcpt recipient/invalid_recipient - 553 sorry, your envelope recipient is in my badrcptto list (#5.7.1)
        rcpt recipient/invalid_recipient - 553 sorry, no mailbox here by that name (#5.7.1)
        rcpt recipient/invalid_recipient - 511 sorry, no mailbox here by that name (#5.1.1 - chkuser)
        rcpt recipient/invalid_recipient - 554 delivery error: dd This user doesn't have a example.org account (user@example.org) [0] - mta1082.mail.example.org
        dot recipient/invalid_recipient - 554 delivery error: dd This user doesn't have a yahoo.com account (user@example.org) [-9] - mta1245.mail.example.org
        dot recipient/invalid_recipient - 554 delivery error: dd Requested mail action aborted. Mailbox not found - mta4131.mail.example.org
        rcpt recipient/invalid_recipient - 552 1 Requested mail action aborted, mailbox not found
        dot recipient/invalid_recipient - 554 30 Sorry, your message to user@example.org cannot be delivered. This mailbox is disabled (554.30).
        rcpt recipient/other - 550 I cannot deliver mail for <user@example.org>
        rcpt recipient/policy - 550 That recipient is not allowed
        rcpt recipient/invalid_recipient - 550 No such ID
        rcpt recipient/invalid_recipient - 550 no such address here
        rcpt recipient/invalid_recipient - 550 No such recipient here
        rcpt recipient/invalid_recipient - 550 Message was not accepted -- invalid mailbox. Local mailbox user@example.org is unavailable: user not found
        rcpt recipient/other - 550 non-local user online number
        rcpt recipient/invalid_recipient - 550 Utilisateur inconnu
        rcpt recipient/invalid_recipient - 550 sorry, no mailbox
        rcpt recipient/invalid_recipient - 553 mailbox name not allowed
        rcpt recipient/invalid_recipient - 553 Requested action not taken: mailbox name not allowed
        rcpt recipient/invalid_recipient - 556 Invalid account. Tenant or Domain not found
        rcpt recipient/invalid_recipient - 550 recipient unrecognized
        rcpt recipient/invalid_recipient - 550 5.1.0 recipient not found
        rcpt recipient/other - 550 permanent failure for one or more recipients (user@example.org:blocked)
        rcpt recipient/invalid_recipient - 550 not a valid user
        rcpt recipient/other - 550 Account is not active
        rcpt recipient/invalid_recipient - 550 User account not activated
        rcpt recipient/invalid_recipient - 550 Account Closed, Please Remove
        rcpt recipient/policy - 505 this account is suspended
        rcpt recipient/invalid_recipient - 550 Mailbox unavailable or access denied [MAILBOX]. https://service.example.cn/detail/122/166
        rcpt recipient/invalid_recipient - 550 User not found: user@example.cn
        rcpt recipient/other - 550 RP:RCL The mailbox of the recipient is locked
        rcpt recipient/invalid_recipient - 550 5.1.1 RCP-P1 http://postmaster.example.com/response_codes#rcp Recipient address does not exist
        rcpt recipient/invalid_recipient - 550 5.1.1 RCP-P2 http://postmaster.example.com/response_codes#rcp Refused due to recipient preferences
        rcpt recipient/invalid_recipient - 550 Requested action not taken: mailbox unavailable For explanation visit https://postmaster.example.net/en/case?c=r0401
        rcpt recipient/policy - 541 5.4.1 Mail rejected by destination domain
        rcpt recipient/policy - 550 5.7.1 This recipient does not accept mail from outside the organisation
        rcpt recipient/invalid_recipient - 525 5.7.13 Disabled recipient address
        rcpt recipient/invalid_recipient - 550 5.4.1 [user@example.org]: Recipient address rejected: Access denied [NEKO22.prod.protection.example.com]
        rcpt recipient/mailbox_full - 552 5.2.2 <user@example.org>: user is over quota
        rcpt recipient/other - 552 Mailbox limit exeeded for this email address
        rcpt recipient/mailbox_full - 552 user's mailbox quota exceeded
        rcpt recipient/other - 552 extended quota violation
        dot recipient/mailbox_full - 552 Error: disk quota exceeded
        rcpt recipient/mailbox_full - 550 account is overquota
        rcpt recipient/mailbox_full - 554 Quota exceeded (mailbox for user is full)
        dot recipient/throttled - 552 Too much mail data user@example.org
        dot recipient - 552-5.2.2 The recipient's inbox is out of storage space and inactive. Please direct the recipient to 552 5.2.2 https://support.example.com/mail/?p=OverQuotaPerm
        dot recipient/mailbox_full - 550 5.2.2 STOREDRV.Deliver: mailbox full. The following information should help identify the cause
        rcpt recipient - 550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents additional messages from being delivered.
        rcpt recipient/invalid_recipient - 585 Recipient address rejected: undeliverable address: No such user here
        rcpt recipient/invalid_recipient - 550 5.1.1 User does not exist - <user@example.org>
        rcpt recipient/invalid_recipient - 550 The mail server could not deliver mail to user@example.org. The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.
        rcpt recipient/other - 550 Keine Mailbox unter diesem Namen
        rcpt recipient/invalid_recipient - 550 Adresse unbekannt
        rcpt recipient/invalid_recipient - 550 mailbox not found
        rcpt recipient/invalid_recipient - 550 5.0.0 User does not exist
        rcpt recipient/invalid_recipient - 550 Addressee unknown, relay=[203.0.113.9]
        rcpt recipient/invalid_recipient - 550 unknown local-part "user" in domain "example.org"
        rcpt recipient/invalid_recipient - 550 Unknown recipient
        rcpt recipient/invalid_recipient - 550 no mailbox by that name is currently available
        rcpt recipient/transport - 550 mailbox temporarily disabled: user@example.org
        rcpt recipient/invalid_recipient - 550 5.7.1 <user@example.org>: Recipient address rejected: User user@example.org temporary locked. Please try again later!
        rcpt recipient/invalid_recipient - 550 Sorry, this user's mail is no longer handled here
        rcpt recipient/invalid_recipient - 550 Recipient does not exist on this system
        rcpt recipient/invalid_recipient - 550 The email address user@example.org couldn't be found, or is misspelled
        rcpt recipient/invalid_recipient - 550 Domain does not exist
        rcpt recipient/invalid_recipient - 501 5.0.0 Invalid domain name
        rcpt recipient/invalid_recipient - 550 Host unknown
        rcpt recipient/other - 554 Recipient is suppressed: previous hard bounce
        rcpt recipient/invalid_recipient - 550 Recipient address rejected: user is blacklisted by our suppression list
        """

    /// Their replies about the message.
    static let receiversOnMessages = """
        dot message/content - 550 Mail content denied. https://service.example.cn/detail/122/171
        dot message/other - 554 DT:SPM 163 smtp8,DMCowAB3f+example please see http://mail.example.cn/help/help_spam.htm
        dot message/spam - 550 spam message rejected. Please visit http://help.example.org/notspam-support/id?c=abc or report details to abuse@corp.example.org
        dot message/spam - 554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.example/cc/1IIsc
        dot message/spam - 554 5.6.0 This message has been scored as spam with a probability of more than 90%
        dot message/spam - 554 5.7.0 Reject, id=20025-09 - SPAM
        dot message/spam - 554 5.7.1 Email cannot be delivered. Reason: Email flagged as Spam.
        dot message/policy - 554 email rejected due to security policies - MCSpamSignature.sa.2.2
        dot message/content - 550 Rejected by header based manually Blocked Senders: subject
        dot message/spam - 550 High probability of spam
        dot message/spam - 550 This message was classified as SPAM and may not be delivered
        dot message/content - 550 Virus Detected; Content Rejected
        dot message/content - 550 message has been rejected due to spam or virus classification
        dot message/spam - 550 5.7.1 message content rejected due to spam. For assistance forward all headers
        dot message/spam - 554 Message contains Spam Content
        dot message/spam - 554 We can't accept this message because it is spam
        dot message/content - 550 Rejected - Content Policy
        dot message/spam - 554 5.7.1 The message was blocked due to spam content in the message
        dot message/spam - 553 Blocked Using Spam Pattern, Your Message May Contain The Spam Contents
        dot message/spam - 550 A URL in this email (bad.example) is listed on https://uribl.example/. Please resolve and retry
        dot message - 552-5.7.0 Our system detected an illegal attachment on your message. Please visit http://support.example.com/mail/?p=BlockedMessage
        dot message/content - 550 Error: Content Rejected
        dot message/content - 550 Attachment extension is forbidden
        dot message/policy - 554 5.7.7 Email policy violation detected
        dot message/policy - 550 5.7.0 Local Policy Violation
        dot message/authentication - 554 5.7.9 Header error
        dot message/too_large - 552 5.6.0 Headers too large (3 max)
        dot message/content - 550 5.6.9 improper use of 8-bit data in message header
        dot message - 550-5.7.1 This message is not RFC5322 compliant. There are multiple Subject headers. To reduce the amount of spam sent to Gmail, this message has been blocked.
        dot message - 550-5.7.1 [203.0.113.9 13] Messages with multiple addresses in From: header are not accepted.
        dot message/content - 550 5.7.1 Messages missing a valid address in From: header, or having no From: header, are not accepted.
        dot message/content - 500 5.6.1 Message content rejected
        dot message/content - 550 5.7.1 Message content rejected, UBE, id=00000-22-225
        dot message/too_large - 552 5.2.3 Message length exceeds limit set by recipient
        dot message/too_large - 552 5.2.3 Message size exceeds fixed maximum message size (10485760)
        dot message/too_large - 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
        dot message/too_large - 552 Message size exceeds fixed limit
        mail message/too_large - 552 size limit exceeded
        dot message/too_large - 550 Message too big
        dot message/too_large - 554 Error: message file too big
        dot message/content - 554 5.7.1 Infected: Eicar-Test-Signature
        dot message/content - 550 This message contains malware (Doc.Dropper.Agent)
        dot message/content - 554 Your email was rejected because it contains the EICAR-AV-Test virus
        dot message/other - 571 Message Refused
        dot message/other - 550 5.2.0 Message Filtered
        dot message/spam - 554 5.7.1 Blocked by SpamAssassin
        dot message/spam - 554 5.7.1 SPAM score 14.2 exceeds threshold
        dot message/spam - 550 5.7.1 Mail appears to be unsolicited -- REJECTED - resend with "test" appended to subject
        dot message/spam - 550 Your email has been considered spam
        dot message - 550-This message is classified as unsolicited bulk mail
        dot message/spam - 550 5.7.350 Remote server returned message detected as spam -> 554 Denied
        dot message/policy - 550 HTML-only mail is not accepted here
        dot message/content - 554 5.5.0 Message has no Message-ID header
        dot message/content - 552 Message header exceeds the limit
        dot message/policy - 550 5.7.1 Blocked: encrypted archives are not allowed
        """

    /// Their replies about the sender.
    static let receiversOnSenders = """
        mail sender/policy - 550 5.1.0 <news@example.com> sender rejected. Please see https://www.example.net/support/error-codes for more information. AUP#In-1310
        mail sender/policy - 554 Mail from news@example.com rejected for policy reasons.
        rcpt sender/policy - 550 5.7.1 <news@example.com>... Access denied
        dot sender/authentication - 550 5.7.515 Access denied, sending domain EXAMPLE.COM doesn't meet the required authentication level. The sender's domain in the 5322.From address doesn't meet the authentication requirements defined for the sender.
        dot sender/authentication - 550 5.7.509 Access denied, sending domain [EXAMPLE.COM] does not pass DMARC verification and has a DMARC policy of reject.
        dot sender/authentication - 550 DMARC check failed. http://service.example.cn/help?no=1001508
        dot sender/authentication - 550 Message rejected due to senders DMARC policy
        dot sender/authentication - 501 5.0.2 Mail rejected. DMARC check failed.
        dot sender/authentication - 550 Bad SPF records for [example.com:203.0.113.9], see http://spf.example.net/
        mail sender/authentication - 550 5.1.0 203.0.113.9 is not allowed to send from <example.com> per it's SPF Record. Please inspect your SPF settings, and try again. IB508
        rcpt sender/authentication - 550 SPF: 203.0.113.9 is not allowed to send mail from example.com
        rcpt sender/policy - 550 domain [example.com] mismatches client ip 203.0.113.9.
        dot sender - 550-5.7.26 The MAIL FROM domain [example.com] has an SPF record with a hard fail policy (-all) but it fails to pass SPF checks with the ip: [203.0.113.9].
        dot sender - 550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.
        rcpt sender/other - 553 Sender Domain Resolve Fail
        rcpt sender/policy - 550 sorry, your envelope sender domain must exist
        rcpt sender/other - 550 Sender <news@example.com> has no A, AAAA, or MX DNS records
        rcpt sender/policy - 550 5.7.1 can't determine Purported Responsible Address
        mail sender/spam - 550 5.0.1 Invalid Sender. Your domain has been blacklisted
        dot sender/spam - 554 Your access to this mail system has been rejected due to poor reputation of a domain used in message transfer
        dot sender - 550-5.1.0 MailFrom domain is listed in a public list. To request removal from this list see https://www.example.net/query/lookup/
        rcpt sender/policy - 550 Domain frequency limited. The domain example.com sends too much
        mail sender/policy - 550 Verification failed for <news@example.com>: The mail server could not deliver mail to it
        dot sender/authentication - 550 5.7.1 This message was not accepted due to domain (example.com) owner DMARC policy
        dot sender/authentication - 550 5.7.1 Email rejected per DMARC policy for example.com
        rcpt sender/policy - 550 Administrative prohibition - envelope blocked - https://community.example.com/docs/DOC-1369#550
        mail sender/policy - 550 5.7.1 The sender's domain has no valid MX or A record
        rcpt sender/other - 550 Backscatter protection detected invalid or expired email address of the sender
        """
}
