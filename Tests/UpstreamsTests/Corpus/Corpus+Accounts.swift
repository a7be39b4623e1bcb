extension Corpus {
    /// About our account, from unknown servers.
    static let accounts = """
        auth account - 535 5.7.8 Error: authentication failed: UGFzc3dvcmQ6
        auth account - 535 5.7.8 Error: authentication failed: authentication failure
        auth account - 535 Incorrect authentication data
        auth account - 535 5.7.0 Error: authentication failed
        auth account - 535 Login failed
        auth account - 535 5.7.1 Username or password incorrect
        auth account - 534 5.7.9 Authentication mechanism is too weak
        auth account - 504 5.5.4 Unrecognized authentication type
        auth account - 454 4.7.0 Temporary authentication failure: Connection lost to authentication server
        auth account - 451 4.3.0 Authentication temporarily unavailable
        auth account - 550 Too many failed login attempts. Your account is locked for 30 minutes.
        auth account - 500 5.5.1 Invalid command
        auth account - 421 4.7.0 Too many errors
        auth account - 523 5.7.10 Encryption needed
        auth account - 525 5.7.13 User account disabled
        auth account - 432 4.7.12 A password transition is needed
        auth account - 421 4.7.0 Too many concurrent connections for this account
        mail account - 530 5.7.0 Authentication required
        mail account - 530 5.7.1 Authentication required
        mail account - 530 5.7.0 Must issue a STARTTLS command first
        mail account - 550 5.7.1 Authentication Required
        rcpt account - 550 5.7.1 Client was not authenticated
        mail account - 535 5.7.8 Authentication credentials invalid
        dot account - 535 5.7.8 Authentication credentials invalid
        rcpt account - 550 5.7.8 Authentication credentials invalid
        dot account - 554 5.7.8 Bad credentials
        dot account - 554 Message rejected: Sending paused for this account
        mail account - 554 Message rejected: Sending paused for this account
        rcpt account - 554 5.7.1 Sending paused for this account
        dot account - 550 5.7.1 Your account has been suspended. Please contact support.
        rcpt account - 550 5.7.1 Your account has been suspended. Please contact support.
        mail account - 554 Account suspended
        dot account - 554 Account suspended for spam
        mail account - 550 Account is disabled
        dot account - 554 5.7.1 Sending for this domain has been suspended
        mail account - 550 Your account has been temporarily blocked due to abuse complaints
        mail account - 554 5.7.1 Account temporarily deactivated
        dot account - 550 Your account is under review and cannot send mail
        mail account - 550 Account is on hold because of an unpaid invoice
        mail account - 402 Payment required
        dot account - 550 Account is not yet activated
        dot account - 550 Account terminated
        rcpt account - 550 Your sending account is blocked
        greeting account - 554 Your account is suspended
        dot account - 451 Authentication failed: Maximum credits exceeded
        mail account - 550 Not enough credits to send this message
        dot account - 554 Insufficient credits
        dot account - 550 You have no more credits
        mail account - 451 4.7.1 Credit limit reached
        dot account - 452 4.5.3 Daily message limit exceeded
        mail account - 452 4.5.3 Daily message limit exceeded
        dot account - 550 5.7.1 Monthly sending limit exceeded
        mail account - 550 5.4.5 Daily sending quota exceeded
        rcpt account - 550 5.4.6 <user@example.com>: Recipient address rejected: Sender Hourly Quota Exceeded
        rcpt account - 550 5.4.6 <user@example.com>: Recipient address rejected: Sender Daily Quota Exceeded
        dot account - 552 You have exceeded your hourly message quota
        mail account - 550 5.7.1 Quota exceeded for this account
        dot account - 554 Sending quota reached
        dot account - 550 Domain example.com has exceeded the max emails per hour limit (500/500 (100%)) allowed. Message discarded.
        rcpt account - 451 4.7.1 You have exceeded your hourly limit of 100 messages per hour
        dot account - 550 Plan limit reached, upgrade your plan
        dot account - 454 Throttling failure: Daily message quota exceeded
        dot account - 454 Throttling failure: Maximum sending rate exceeded
        mail account - 450 4.7.1 Error: too much mail from 203.0.113.9
        mail account - 451 4.7.1 Rate limit exceeded, try again later
        rcpt account - 451 4.7.1 Rate limit exceeded, try again later
        rcpt account - 450 4.7.1 <app@example.com>: Sender address rejected: rate limit exceeded
        dot account - 451 4.7.0 Rate limited
        dot account - 550 5.7.1 Message rate exceeded
        mail account - 452 4.4.5 Messages per second limit exceeded
        mail account - 421 4.7.0 example.com Error: too many connections from 203.0.113.9
        greeting account - 421 4.7.0 Too many connections from your host
        greeting account - 421 Too many concurrent SMTP connections; please try again later.
        greeting account - 554 Too many connections
        greeting account - 450 4.7.1 Error: too many connections from 203.0.113.9
        mail account - 421 Too many messages in this session
        mail account - 450 Too many emails, please slow down
        mail account - 500 The number of sessions exceeds the maximum
        rcpt account - 450 4.7.1 You are sending too fast
        mail account - 550 Too many messages. Try again in 92 seconds.
        dot account - 451 4.7.0 Throttled
        dot account - 451 Request throttled, please reduce your sending rate
        rcpt account - 452 4.3.1 Connection rate limit exceeded.
        mail account - 450 4.4.5 Server too busy
        mail account - 421 4.3.2 Server is busy, try again later
        rcpt account - 432 4.3.2 Too many connections
        dot account - 432 4.3.2 Concurrent connections limit exceeded
        rcpt account - 450 4.2.1 Peak SMTP relay limit exceeded for customer
        rcpt account - 452 Too many recipients received this hour (throttled)
        mail account - 451 4.4.5 Try again later
        rcpt account - 550 5.7.0 Mail relay denied
        rcpt account - 550 5.7.1 Invalid credentials for relay
        rcpt account - 554 5.7.1 <user@example.org>: Relay access denied
        rcpt account - 454 4.7.1 <user@example.org>: Relay access denied
        rcpt account - 550 5.7.1 Unable to relay
        rcpt account - 550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain
        rcpt account - 550 relay not permitted
        rcpt account - 550 5.7.1 Relaying denied. IP name lookup failed [203.0.113.9]
        rcpt account - 550 5.7.1 <user@example.org>... Relaying denied. Proper authentication required.
        rcpt account - 553 sorry, that domain isn't in my list of allowed rcpthosts; no relaying
        rcpt account - 550-Please turn on SMTP Authentication in your mail client. 203.0.113.9 is not permitted to relay through this server without authentication.
        rcpt account - 551 5.7.1 we do not relay
        rcpt account - 553 Relaying disallowed as app@example.com
        dot account - 550 5.7.1 Relaying denied
        rcpt account - 554 5.7.1 <host.example.com[203.0.113.9]>: Client host rejected: Access denied
        rcpt account - 450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.9]
        rcpt account - 554 5.7.1 Service unavailable; Client host [203.0.113.9] blocked using zen.spamhaus.org; https://www.spamhaus.org/query/ip/203.0.113.9
        greeting account - 554 5.7.1 Your IP address 203.0.113.9 is blacklisted
        greeting account - 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation. If you believe that this failure is in error, please contact the intended recipient via alternate means. poor reputation
        mail account - 550 that IP address is not allowed to send
        mail account - 525 5.7.1 Unauthorized IP address
        rcpt account - 504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname
        rcpt account - 450 4.7.1 <relay.internal>: Helo command rejected: Host not found
        dot account - 550 5.7.25 The IP address sending this message does not have a PTR record setup
        rcpt account - 503 5.5.1 Authentication required: please authenticate first
        mail account - 503 AUTH first (#5.5.1)
        mail account - 451 4.3.0 Account temporarily suspended
        rcpt account - 550 5.1.1 <user@example.org> - 198.51.100.225 has sent to too many recipients this hour. IB607
        """

    /// About us, where mail is handed in: the scope is the account, whatever the code.
    static let submission = """
        mail account - 550 5.7.1 API key is not permitted to use SMTP
        dot account - 401 API key is invalid
        mail account - 550 SMTP AUTH is required: login failed
        mail account - 554 5.7.0 You need to authenticate before sending: not authenticated
        dot account - 550 5.7.1 Sending is disabled for this key
        mail account - 451 4.7.1 Sending suspended: bounce rate above 10 %
        dot account - 554 5.7.1 Your account was restricted: complaint rate above 0.5 %
        dot account - 550 Daily limit of 300 emails reached
        dot account - 554 Monthly limit reached
        dot account - 451 Over quota for this billing period
        mail account - 451 Rate-limit: retry in 12 s
        dot account - 450 4.7.1 100 messages per minute allowed
        """
}
