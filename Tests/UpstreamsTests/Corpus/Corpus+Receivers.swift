extension Corpus {
    /// Replies of large receivers and their filters about a recipient, as seen in bounces and on public postmaster
    /// pages.
    static let receiversOnRecipients = """
        rcpt recipient - 550 #5.1.0 Address rejected.
        rcpt recipient - 550 5.1.0 Address rejected.
        rcpt recipient - 550 <user@example.org>: Recipient address rejected.
        rcpt recipient - 550 5.7.1 <user@example.org>: Recipient address rejected: User unknown
        rcpt recipient - 554 5.7.1 <user@example.org>: Recipient address rejected: User unknown
        rcpt recipient - 550 User not found
        rcpt recipient - 550 user not found: user@example.org
        rcpt recipient - 550 Unknown user user@example.org
        rcpt recipient - 550 5.5.0 Adresse destinataire invalide. Invalid recipient. LPN007_416
        rcpt recipient - 550 5.5.0 Le compte du destinataire est bloque. The recipient account is blocked. LPN007_426
        rcpt recipient - 550 Invalid recipient: <user@example.org>
        rcpt recipient - 553 Invalid recipient user@example.org (Mode: normal)
        rcpt recipient - 550 Invalid Recipient - https://community.example.com/docs/DOC-1369#550
        rcpt recipient - 550 Mailbox is frozen. See http://mail.example.org/err/3/
        rcpt recipient - 550 <user@example.org>... User not exist
        rcpt recipient - 550 'user@example.org' is not a registered gateway user
        rcpt recipient - 551 not our customer
        rcpt recipient - 550 Not our Customer
        rcpt recipient - 551 not our user
        rcpt recipient - 553 sorry, your envelope recipient is in my badrcptto list (#5.7.1)
        rcpt recipient - 553 sorry, no mailbox here by that name (#5.7.1)
        rcpt recipient - 511 sorry, no mailbox here by that name (#5.1.1 - chkuser)
        rcpt recipient - 554 delivery error: dd This user doesn't have a example.org account (user@example.org) [0] - mta1082.mail.example.org
        dot recipient - 554 delivery error: dd This user doesn't have a yahoo.com account (user@example.org) [-9] - mta1245.mail.example.org
        dot recipient - 554 delivery error: dd Requested mail action aborted. Mailbox not found - mta4131.mail.example.org
        rcpt recipient - 552 1 Requested mail action aborted, mailbox not found
        dot recipient - 554 30 Sorry, your message to user@example.org cannot be delivered. This mailbox is disabled (554.30).
        rcpt recipient - 550 I cannot deliver mail for <user@example.org>
        rcpt recipient - 550 That recipient is not allowed
        rcpt recipient - 550 No such ID
        rcpt recipient - 550 no such address here
        rcpt recipient - 550 No such recipient here
        rcpt recipient - 550 Message was not accepted -- invalid mailbox. Local mailbox user@example.org is unavailable: user not found
        rcpt recipient - 550 non-local user online number
        rcpt recipient - 550 Utilisateur inconnu
        rcpt recipient - 550 sorry, no mailbox
        rcpt recipient - 553 mailbox name not allowed
        rcpt recipient - 553 Requested action not taken: mailbox name not allowed
        rcpt recipient - 556 Invalid account. Tenant or Domain not found
        rcpt recipient - 550 recipient unrecognized
        rcpt recipient - 550 5.1.0 recipient not found
        rcpt recipient - 550 permanent failure for one or more recipients (user@example.org:blocked)
        rcpt recipient - 550 not a valid user
        rcpt recipient - 550 Account is not active
        rcpt recipient - 550 User account not activated
        rcpt recipient - 550 Account Closed, Please Remove
        rcpt recipient - 505 this account is suspended
        rcpt recipient - 550 Mailbox unavailable or access denied [MAILBOX]. https://service.example.cn/detail/122/166
        rcpt recipient - 550 User not found: user@example.cn
        rcpt recipient - 550 RP:RCL The mailbox of the recipient is locked
        rcpt recipient - 550 5.1.1 RCP-P1 http://postmaster.example.com/response_codes#rcp Recipient address does not exist
        rcpt recipient - 550 5.1.1 RCP-P2 http://postmaster.example.com/response_codes#rcp Refused due to recipient preferences
        rcpt recipient - 550 Requested action not taken: mailbox unavailable For explanation visit https://postmaster.example.net/en/case?c=r0401
        rcpt recipient - 541 5.4.1 Mail rejected by destination domain
        rcpt recipient - 550 5.7.1 This recipient does not accept mail from outside the organisation
        rcpt recipient - 525 5.7.13 Disabled recipient address
        rcpt recipient - 550 5.4.1 [user@example.org]: Recipient address rejected: Access denied [NEKO22.prod.protection.example.com]
        rcpt recipient - 552 5.2.2 <user@example.org>: user is over quota
        rcpt recipient - 552 Mailbox limit exeeded for this email address
        rcpt recipient - 552 user's mailbox quota exceeded
        rcpt recipient - 552 extended quota violation
        dot recipient - 552 Error: disk quota exceeded
        rcpt recipient - 550 account is overquota
        rcpt recipient - 554 Quota exceeded (mailbox for user is full)
        dot recipient - 552 Too much mail data user@example.org
        dot recipient - 552-5.2.2 The recipient's inbox is out of storage space and inactive. Please direct the recipient to 552 5.2.2 https://support.example.com/mail/?p=OverQuotaPerm
        dot recipient - 550 5.2.2 STOREDRV.Deliver: mailbox full. The following information should help identify the cause
        rcpt recipient - 550-5.2.1 The user you are trying to contact is receiving mail at a rate that 550-5.2.1 prevents additional messages from being delivered.
        rcpt recipient - 585 Recipient address rejected: undeliverable address: No such user here
        rcpt recipient - 550 5.1.1 User does not exist - <user@example.org>
        rcpt recipient - 550 The mail server could not deliver mail to user@example.org. The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.
        rcpt recipient - 550 Keine Mailbox unter diesem Namen
        rcpt recipient - 550 Adresse unbekannt
        rcpt recipient - 550 mailbox not found
        rcpt recipient - 550 5.0.0 User does not exist
        rcpt recipient - 550 Addressee unknown, relay=[203.0.113.9]
        rcpt recipient - 550 unknown local-part "user" in domain "example.org"
        rcpt recipient - 550 Unknown recipient
        rcpt recipient - 550 no mailbox by that name is currently available
        rcpt recipient - 550 mailbox temporarily disabled: user@example.org
        rcpt recipient - 550 5.7.1 <user@example.org>: Recipient address rejected: User user@example.org temporary locked. Please try again later!
        rcpt recipient - 550 Sorry, this user's mail is no longer handled here
        rcpt recipient - 550 Recipient does not exist on this system
        rcpt recipient - 550 The email address user@example.org couldn't be found, or is misspelled
        rcpt recipient - 550 Domain does not exist
        rcpt recipient - 501 5.0.0 Invalid domain name
        rcpt recipient - 550 Host unknown
        rcpt recipient - 554 Recipient is suppressed: previous hard bounce
        rcpt recipient - 550 Recipient address rejected: user is blacklisted by our suppression list
        """

    /// Their replies about the message.
    static let receiversOnMessages = """
        dot message - 550 Mail content denied. https://service.example.cn/detail/122/171
        dot message - 554 DT:SPM 163 smtp8,DMCowAB3f+example please see http://mail.example.cn/help/help_spam.htm
        dot message - 550 spam message rejected. Please visit http://help.example.org/notspam-support/id?c=abc or report details to abuse@corp.example.org
        dot message - 554 5.7.1 [1] Message rejected under suspicion of SPAM; https://ya.example/cc/1IIsc
        dot message - 554 5.6.0 This message has been scored as spam with a probability of more than 90%
        dot message - 554 5.7.0 Reject, id=20025-09 - SPAM
        dot message - 554 5.7.1 Email cannot be delivered. Reason: Email flagged as Spam.
        dot message - 554 email rejected due to security policies - MCSpamSignature.sa.2.2
        dot message - 550 Rejected by header based manually Blocked Senders: subject
        dot message - 550 High probability of spam
        dot message - 550 This message was classified as SPAM and may not be delivered
        dot message - 550 Virus Detected; Content Rejected
        dot message - 550 message has been rejected due to spam or virus classification
        dot message - 550 5.7.1 message content rejected due to spam. For assistance forward all headers
        dot message - 554 Message contains Spam Content
        dot message - 554 We can't accept this message because it is spam
        dot message - 550 Rejected - Content Policy
        dot message - 554 5.7.1 The message was blocked due to spam content in the message
        dot message - 553 Blocked Using Spam Pattern, Your Message May Contain The Spam Contents
        dot message - 550 A URL in this email (bad.example) is listed on https://uribl.example/. Please resolve and retry
        dot message - 552-5.7.0 Our system detected an illegal attachment on your message. Please visit http://support.example.com/mail/?p=BlockedMessage
        dot message - 550 Error: Content Rejected
        dot message - 550 Attachment extension is forbidden
        dot message - 554 5.7.7 Email policy violation detected
        dot message - 550 5.7.0 Local Policy Violation
        dot message - 554 5.7.9 Header error
        dot message - 552 5.6.0 Headers too large (3 max)
        dot message - 550 5.6.9 improper use of 8-bit data in message header
        dot message - 550-5.7.1 This message is not RFC5322 compliant. There are multiple Subject headers. To reduce the amount of spam sent to Gmail, this message has been blocked.
        dot message - 550-5.7.1 [203.0.113.9 13] Messages with multiple addresses in From: header are not accepted.
        dot message - 550 5.7.1 Messages missing a valid address in From: header, or having no From: header, are not accepted.
        dot message - 500 5.6.1 Message content rejected
        dot message - 550 5.7.1 Message content rejected, UBE, id=00000-22-225
        dot message - 552 5.2.3 Message length exceeds limit set by recipient
        dot message - 552 5.2.3 Message size exceeds fixed maximum message size (10485760)
        dot message - 550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient
        dot message - 552 Message size exceeds fixed limit
        mail message - 552 size limit exceeded
        dot message - 550 Message too big
        dot message - 554 Error: message file too big
        dot message - 554 5.7.1 Infected: Eicar-Test-Signature
        dot message - 550 This message contains malware (Doc.Dropper.Agent)
        dot message - 554 Your email was rejected because it contains the EICAR-AV-Test virus
        dot message - 571 Message Refused
        dot message - 550 5.2.0 Message Filtered
        dot message - 554 5.7.1 Blocked by SpamAssassin
        dot message - 554 5.7.1 SPAM score 14.2 exceeds threshold
        dot message - 550 5.7.1 Mail appears to be unsolicited -- REJECTED - resend with "test" appended to subject
        dot message - 550 Your email has been considered spam
        dot message - 550-This message is classified as unsolicited bulk mail
        dot message - 550 5.7.350 Remote server returned message detected as spam -> 554 Denied
        dot message - 550 HTML-only mail is not accepted here
        dot message - 554 5.5.0 Message has no Message-ID header
        dot message - 552 Message header exceeds the limit
        dot message - 550 5.7.1 Blocked: encrypted archives are not allowed
        """

    /// Their replies about the sender.
    static let receiversOnSenders = """
        mail sender - 550 5.1.0 <news@example.com> sender rejected. Please see https://www.example.net/support/error-codes for more information. AUP#In-1310
        mail sender - 554 Mail from news@example.com rejected for policy reasons.
        rcpt sender - 550 5.7.1 <news@example.com>... Access denied
        dot sender - 550 5.7.515 Access denied, sending domain EXAMPLE.COM doesn't meet the required authentication level. The sender's domain in the 5322.From address doesn't meet the authentication requirements defined for the sender.
        dot sender - 550 5.7.509 Access denied, sending domain [EXAMPLE.COM] does not pass DMARC verification and has a DMARC policy of reject.
        dot sender - 550 DMARC check failed. http://service.example.cn/help?no=1001508
        dot sender - 550 Message rejected due to senders DMARC policy
        dot sender - 501 5.0.2 Mail rejected. DMARC check failed.
        dot sender - 550 Bad SPF records for [example.com:203.0.113.9], see http://spf.example.net/
        mail sender - 550 5.1.0 203.0.113.9 is not allowed to send from <example.com> per it's SPF Record. Please inspect your SPF settings, and try again. IB508
        rcpt sender - 550 SPF: 203.0.113.9 is not allowed to send mail from example.com
        rcpt sender - 550 domain [example.com] mismatches client ip 203.0.113.9.
        dot sender - 550-5.7.26 The MAIL FROM domain [example.com] has an SPF record with a hard fail policy (-all) but it fails to pass SPF checks with the ip: [203.0.113.9].
        dot sender - 550-5.7.26 This mail has been blocked because the sender is unauthenticated. Gmail requires all senders to authenticate with either SPF or DKIM.
        rcpt sender - 553 Sender Domain Resolve Fail
        rcpt sender - 550 sorry, your envelope sender domain must exist
        rcpt sender - 550 Sender <news@example.com> has no A, AAAA, or MX DNS records
        rcpt sender - 550 5.7.1 can't determine Purported Responsible Address
        mail sender - 550 5.0.1 Invalid Sender. Your domain has been blacklisted
        dot sender - 554 Your access to this mail system has been rejected due to poor reputation of a domain used in message transfer
        dot sender - 550-5.1.0 MailFrom domain is listed in a public list. To request removal from this list see https://www.example.net/query/lookup/
        rcpt sender - 550 Domain frequency limited. The domain example.com sends too much
        mail sender - 550 Verification failed for <news@example.com>: The mail server could not deliver mail to it
        dot sender - 550 5.7.1 This message was not accepted due to domain (example.com) owner DMARC policy
        dot sender - 550 5.7.1 Email rejected per DMARC policy for example.com
        rcpt sender - 550 Administrative prohibition - envelope blocked - https://community.example.com/docs/DOC-1369#550
        mail sender - 550 5.7.1 The sender's domain has no valid MX or A record
        rcpt sender - 550 Backscatter protection detected invalid or expired email address of the sender
        """
}
