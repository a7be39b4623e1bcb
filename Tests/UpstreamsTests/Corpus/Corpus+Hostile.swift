extension Corpus {
    /// About recipients whose names, domains or servers sound like our account.
    static let hostile = #"""
        rcpt recipient/invalid_recipient - 450 4.1.2 <"> daily limit "@evil.example>: Recipient address rejected: Domain not found
        rcpt recipient - 450 4.1.2 <"> your daily limit \""@evil.example>: Recipient address rejected: Domain not found
        rcpt recipient - 550 5.1.1 "> sending paused \" "@evil.example unknown
        rcpt recipient - 550 5.1.1 <"\">your account suspended \""@evil.example>: User unknown
        dot recipient/invalid_recipient - 550 5.1.1 <">sending paused"@evil.example> User unknown
        rcpt recipient/invalid_recipient - 450 4.1.2 <"> your daily limit
        rcpt recipient/invalid_recipient - 550 5.1.2 <joe@overdue.example>... Host unknown (Name server: overdue.example: host not found)
        rcpt recipient/invalid_recipient - 550 5.1.2 <joe@unpaid.example>... Host unknown (Name server: unpaid.example: host not found)
        rcpt recipient/invalid_recipient - 450 4.1.2 Name server: throttl.example: host name lookup failure
        rcpt recipient/transport - 450 4.4.3 Name server: database.example: timeout
        rcpt recipient/invalid_recipient - 550 overdue... User unknown
        rcpt recipient/invalid_recipient - 550 User overdue unknown
        rcpt recipient/throttled - 554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour
        rcpt recipient/throttled microsoft365 554 5.2.122 The recipient has exceeded their limit for the number of messages they can receive per hour
        dot recipient/throttled - 554 5.2.121 Recipient per hour message receive limit from a specific sender has been exceeded
        dot recipient/throttled microsoft365 554 5.2.121 Recipient per hour message receive limit from a specific sender has been exceeded
        rcpt recipient/mailbox_full - 550 Quota exceeded (mailbox for user is full)
        rcpt recipient/mailbox_full - 552 5.2.2 Over quota: sender notified
        rcpt recipient/mailbox_full - 452 4.2.2 Over quota, sender will be notified
        rcpt recipient/policy - 550 5.7.1 This account has been suspended
        rcpt recipient/policy - 550 Account suspended
        rcpt recipient - 550-Callout verification failed: 550 account suspended
        rcpt recipient - 550-Callout verification failed: 550 relay not permitted
        rcpt recipient - 550-Callout verification failed: 550 Your account has been suspended
        rcpt recipient/relay_denied - 450 4.1.1 <joe@example.org>: Recipient address rejected: unverified address: host mx.example.org[203.0.113.25] said: 454 4.7.1 Relay access denied (in reply to RCPT TO command)
        rcpt recipient/relay_denied - 550 5.1.1 <joe@example.org>: Recipient address rejected: undeliverable address: host mx.example.org[203.0.113.25] said: 554 5.7.1 Relay access denied (in reply to RCPT TO command)
        rcpt recipient/invalid_recipient mailgun 550 5.7.1 Recipient domain example.org is disabled
        rcpt recipient/policy - 550 5.7.1 Recipient is blocked
        rcpt recipient/other - 550 recipient domain not whitelisted
        rcpt recipient/authentication - 550 5.7.1 RESOLVER.RST.AuthRequired; authentication required
        rcpt recipient/authentication - 550 5.7.134 Delivery restriction check failed: authentication required to send to this mailbox
        rcpt recipient/authentication - 550 5.7.133 Sender not authenticated for group; authentication required
        rcpt recipient/invalid_recipient - 450 4.2.1 Account temporarily disabled
        rcpt recipient/mailbox_full - 550 Over quota
        rcpt recipient/throttled - 452 Quota exceeded
        rcpt recipient/transport - 451 4.4.1 Remote server timed out
        rcpt recipient/transport - 451 4.4.3 DNS lookup failure for the domain
        rcpt recipient/other - 451 DNS lookup failure
        rcpt recipient/invalid_recipient - 550 Account closed
        rcpt recipient/other - 550 This account is not active
        rcpt recipient/mailbox_full - 552 Requested mail action aborted: account is over quota
        rcpt recipient/other - 450 Too many messages for this mailbox
        dot recipient/mailbox_full - 554 5.2.0 Too many messages for this mailbox, delivery cannot be completed to the recipient's inbox is full
        rcpt recipient/invalid_recipient - 550 credentials... User unknown
        rcpt recipient/throttled - 550 ratelimit... User unknown
        rcpt recipient/policy - 550 5.7.1 The account of this customer is suspended
        dot message/too_large - 550 Message size exceeds your account limit
        dot message/content - 550 your outgoing message contains a virus
        dot message/invalid_recipient - 554 30 Sorry, your message to joe@example.org cannot be delivered. This account has been disabled or discontinued
        dot message/policy - 554 5.7.1 The user's account is disabled
        dot message/policy - 550 5.7.1 Delivery to this user's account is blocked
        """#

    /// Faults of the account or the sender, in the words of smarthosts.
    static let smarthosts = """
        dot sender - 550-5.7.1 [203.0.113.9] Gmail has detected that this message is likely suspicious due to the very low reputation of the sending domain. To best protect our users from spam, the message has been blocked.
        dot account - 550-5.7.1 [203.0.113.9] Gmail has detected that this message is likely suspicious due to the very low reputation of the sending IP address.
        dot sender/spam - 550 5.7.1 Rejected because of the reputation of the domain
        dot account/policy - 550 5.7.1 Sending blocked for this account, contact support
        dot account/transport - 550 5.4.6 Unusual sending activity detected. Please try after sometime
        dot sender/policy - 550 5.7.1 The sending domain is not active
        dot account/spam - 550 Outbound spam detected, outgoing mail from this user has been suspended
        dot account/policy - 554 5.7.1 Subscription expired
        rcpt account/policy - 550 Account expired; please renew your subscription
        dot account/policy - 554 5.1.8 Email Outgoing Blocked
        dot account/policy - 554 5.7.1 Your trial has ended, outbound mail is off
        dot account/throttled - 550 Domain example.com has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.
        rcpt account/throttled - 550 Domain example.com has exceeded the max defers and failures per hour (5/5 (100%)) allowed. Message discarded.
        rcpt account/policy - 550 Outgoing mail from "example.com" has been suspended.
        rcpt account - 550-"JunkMail rejected - (relay) [203.0.113.9] is in an RBL: see https://rbl.example/"
        dot account/spam - 550 5.7.1 Spam detected, your account has been blocked. Please contact support
        dot account/spam - 451 4.7.1 Outgoing spam detected, mail temporarily blocked
        rcpt account/invalid_recipient - 554 5.7.1 Sender address rejected: account locked for sending spam
        rcpt account/policy - 550 5.7.1 Client does not have permission to submit to this server
        mail account/transport - 450 4.7.1 User account temporarily disabled
        rcpt account/throttled - 550 You have reached your daily limit of recipients
        rcpt account/throttled - 550 5.7.1 Message quota exceeded for your account
        rcpt account/spam - 550 The mail server has detected your account is sending spam; outgoing mail is blocked
        dot account/throttled - 550 5.7.1 Mail quota exceeded for the day
        dot account/throttled - 550 Too many failures: your mail service has been suspended
        dot account/policy - 554 5.7.0 License expired, sending is off
        mail account/transport - 421 4.4.2 Message submission rate for this client has exceeded the configured limit
        dot account/throttled - 550 5.7.1 Daily sending allowance used up
        dot sender/policy - 554 5.7.9 Message not accepted for policy reasons
        dot account/policy - 550 Please verify your account before sending
        dot account/policy - 550 5.7.1 Account needs verification
        dot account/policy - 550 5.7.1 Your domain has been blocked from sending
        dot account/policy - 550 5.7.1 User suspended, contact support
        dot account/policy - 550 Email limit reached
        dot account/throttled - 550 5.7.1 Message limit reached for today
        dot account/throttled - 550 5.7.232 Your message can't be sent because your trial tenant has exceeded its daily limit for sending email to external recipients
        rcpt account/throttled - 550 Too many recipients for your plan
        rcpt account/throttled - 550 Your domain example.com has reached its hourly limit
        dot account/throttled - 550 Message rejected: account sending quota used up
        """
}
