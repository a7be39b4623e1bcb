extension Corpus {
    /// About our account, from unknown servers.
    static let accounts = """
        auth account/authentication - 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6
        auth account/authentication - 535 5.7.8 Error: authentication failed: authentication failure
        auth account/authentication - 535 Incorrect authentication data
        auth account/authentication - 535 5.7.0 Error: authentication failed
        auth account/authentication - 535 Login failed
        auth account/authentication - 535 5.7.1 Username or password incorrect
        auth account/authentication - 534 5.7.9 Authentication mechanism is too weak
        auth account/authentication - 504 5.5.4 Unrecognized authentication type
        auth account/authentication - 454 4.7.0 Temporary authentication failure: Connection lost to authentication server
        auth account/authentication - 451 4.3.0 Authentication temporarily unavailable
        auth account/authentication - 550 Too many failed login attempts. Your account is locked for 30 minutes.
        auth account/authentication - 500 5.5.1 Invalid command
        auth account/authentication - 421 4.7.0 Too many errors
        auth account/authentication - 523 5.7.10 Encryption needed
        auth account/authentication - 525 5.7.13 User account disabled
        auth account/authentication - 432 4.7.12 A password transition is needed
        auth account/authentication - 421 4.7.0 Too many concurrent connections for this account
        mail account/authentication - 530 5.7.0 Authentication required
        mail account/authentication - 530 5.7.1 Authentication required
        mail account/policy - 530 5.7.0 Must issue a STARTTLS command first
        mail account/authentication - 550 5.7.1 Authentication Required
        rcpt account/authentication - 550 5.7.1 Client was not authenticated
        mail account/authentication - 535 5.7.8 Authentication credentials invalid
        dot account/authentication - 535 5.7.8 Authentication credentials invalid
        rcpt account/authentication - 550 5.7.8 Authentication credentials invalid
        dot account/authentication - 554 5.7.8 Bad credentials
        dot account/policy - 554 Message rejected: Sending paused for this account
        mail account/policy - 554 Message rejected: Sending paused for this account
        rcpt account/policy - 554 5.7.1 Sending paused for this account
        dot account/policy - 550 5.7.1 Your account has been suspended. Please contact support.
        rcpt account/policy - 550 5.7.1 Your account has been suspended. Please contact support.
        mail account/policy - 554 Account suspended
        dot account/spam - 554 Account suspended for spam
        mail account/policy - 550 Account is disabled
        dot account/policy - 554 5.7.1 Sending for this domain has been suspended
        mail account/spam - 550 Your account has been temporarily blocked due to abuse complaints
        mail account/transport - 554 5.7.1 Account temporarily deactivated
        dot account/policy - 550 Your account is under review and cannot send mail
        mail account/policy - 550 Account is on hold because of an unpaid invoice
        mail account/policy - 402 Payment required
        dot account/policy - 550 Account is not yet activated
        dot account/policy - 550 Account terminated
        rcpt account/policy - 550 Your sending account is blocked
        greeting account/policy - 554 Your account is suspended
        dot account/throttled - 451 Authentication failed: Maximum credits exceeded
        mail account/policy - 550 Not enough credits to send this message
        dot account/policy - 554 Insufficient credits
        dot account/policy - 550 You have no more credits
        mail account/policy - 451 4.7.1 Credit limit reached
        dot account/throttled - 452 4.5.3 Daily message limit exceeded
        mail account/throttled - 452 4.5.3 Daily message limit exceeded
        dot account/throttled - 550 5.7.1 Monthly sending limit exceeded
        mail account/throttled - 550 5.4.5 Daily sending quota exceeded
        rcpt account/throttled - 550 5.4.6 <user@example.com>: Recipient address rejected: Sender Hourly Quota Exceeded
        rcpt account/throttled - 550 5.4.6 <user@example.com>: Recipient address rejected: Sender Daily Quota Exceeded
        dot account/throttled - 552 You have exceeded your hourly message quota
        mail account/throttled - 550 5.7.1 Quota exceeded for this account
        dot account/throttled - 554 Sending quota reached
        dot account/throttled - 550 Domain example.com has exceeded the max emails per hour limit (500/500 (100%)) allowed. Message discarded.
        rcpt account/throttled - 451 4.7.1 You have exceeded your hourly limit of 100 messages per hour
        dot account/policy - 550 Plan limit reached, upgrade your plan
        dot account/throttled - 454 Throttling failure: Daily message quota exceeded
        dot account/throttled - 454 Throttling failure: Maximum sending rate exceeded
        mail account/throttled - 450 4.7.1 Error: too much mail from 203.0.113.9
        mail account/throttled - 451 4.7.1 Rate limit exceeded, try again later
        rcpt account/throttled - 451 4.7.1 Rate limit exceeded, try again later
        rcpt account/throttled - 450 4.7.1 <app@example.com>: Sender address rejected: rate limit exceeded
        dot account/throttled - 451 4.7.0 Rate limited
        dot account/throttled - 550 5.7.1 Message rate exceeded
        mail account/throttled - 452 4.4.5 Messages per second limit exceeded
        mail account/throttled - 421 4.7.0 example.com Error: too many connections from 203.0.113.9
        greeting account/throttled - 421 4.7.0 Too many connections from your host
        greeting account/throttled - 421 Too many concurrent SMTP connections; please try again later.
        greeting account/throttled - 554 Too many connections
        greeting account/throttled - 450 4.7.1 Error: too many connections from 203.0.113.9
        mail account/throttled - 421 Too many messages in this session
        mail account/throttled - 450 Too many emails, please slow down
        mail account/policy - 500 The number of sessions exceeds the maximum
        rcpt account/throttled - 450 4.7.1 You are sending too fast
        mail account/throttled - 550 Too many messages. Try again in 92 seconds.
        dot account/throttled - 451 4.7.0 Throttled
        dot account/throttled - 451 Request throttled, please reduce your sending rate
        rcpt account/throttled - 452 4.3.1 Connection rate limit exceeded.
        mail account/throttled - 450 4.4.5 Server too busy
        mail account/transport - 421 4.3.2 Server is busy, try again later
        rcpt account/throttled - 432 4.3.2 Too many connections
        dot account/throttled - 432 4.3.2 Concurrent connections limit exceeded
        rcpt account/invalid_recipient - 450 4.2.1 Peak SMTP relay limit exceeded for customer
        rcpt account/throttled - 452 Too many recipients received this hour (throttled)
        mail account/throttled - 451 4.4.5 Try again later
        rcpt account/relay_denied - 550 5.7.0 Mail relay denied
        rcpt account/policy - 550 5.7.1 Invalid credentials for relay
        rcpt account/relay_denied - 554 5.7.1 <user@example.org>: Relay access denied
        rcpt account/relay_denied - 454 4.7.1 <user@example.org>: Relay access denied
        rcpt account/relay_denied - 550 5.7.1 Unable to relay
        rcpt account/relay_denied - 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
        rcpt account/relay_denied - 550 relay not permitted
        rcpt account/relay_denied - 550 5.7.1 Relaying denied. IP name lookup failed [203.0.113.9]
        rcpt account/relay_denied - 550 5.7.1 <user@example.org>... Relaying denied. Proper authentication required.
        rcpt account/relay_denied - 553 sorry, that domain isn't in my list of allowed rcpthosts; no relaying
        rcpt account - 550-Please turn on SMTP Authentication in your mail client. 203.0.113.9 is not permitted to relay through this server without authentication.
        rcpt account/relay_denied - 551 5.7.1 we do not relay
        rcpt account/relay_denied - 553 Relaying disallowed as app@example.com
        dot account/relay_denied - 550 5.7.1 Relaying denied
        rcpt account/policy - 554 5.7.1 <host.example.com[203.0.113.9]>: Client host rejected: Access denied
        rcpt account/policy - 450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]
        rcpt account/transport - 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9
        greeting account/spam - 554 5.7.1 Your IP address 203.0.113.9 is blacklisted
        greeting account/spam - 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means. poor reputation
        mail account/policy - 550 that IP address is not allowed to send
        mail account/policy - 525 5.7.1 Unauthorized IP address
        rcpt account/policy - 504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname
        rcpt account/invalid_recipient - 450 4.7.1 <relay.internal>: Helo command rejected: Host not found
        dot account/policy - 550 5.7.25 The IP address sending this message does not have a PTR record setup
        rcpt account/authentication - 503 5.5.1 Authentication required: please authenticate first
        mail account/policy - 503 AUTH first (#5.5.1)
        mail account/transport - 451 4.3.0 Account temporarily suspended
        rcpt account/invalid_recipient - 550 5.1.1 <user@example.org> - 198.51.100.225 has sent to too many recipients this hour. IB607
        """

    /// About us, where mail is handed in: the scope is the account, whatever the code.
    static let submission = """
        mail account/policy - 550 5.7.1 API key is not permitted to use SMTP
        dot account/policy - 401 API key is invalid
        mail account/authentication - 550 SMTP AUTH is required: login failed
        mail account/authentication - 554 5.7.0 You need to authenticate before sending: not authenticated
        dot account/policy - 550 5.7.1 Sending is disabled for this key
        mail account/policy - 451 4.7.1 Sending suspended: bounce rate above 10 %
        dot account/spam - 554 5.7.1 Your account was restricted: complaint rate above 0.5 %
        dot account/throttled - 550 Daily limit of 300 emails reached
        dot account/throttled - 554 Monthly limit reached
        dot account/mailbox_full - 451 Over quota for this billing period
        mail account/throttled - 451 Rate-limit: retry in 12 s
        dot account/throttled - 450 4.7.1 100 messages per minute allowed
        """
}
