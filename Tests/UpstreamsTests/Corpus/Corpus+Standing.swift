extension Corpus {
    /// Replies of large receivers, filters and smarthosts about this machine or our account, in widely differing words.
    static let standing = """
        rcpt account/spam - 554 5.7.1 Rejected: 192.0.2.1 listed at bl.example.net
        rcpt account/policy - 554 5.7.1 <a8-95.smtp-out.example.com[203.0.113.22]>: Client host rejected: blocked using rbl.example.org; Please see http://rbl.example.org/?ip=203.0.113.22
        rcpt account/policy - 450 4.7.1 <host.example.net[192.0.2.56]>: Client host rejected: may not be mail exchanger
        rcpt account/policy - 554 5.7.1 <host.example.net>: Client host rejected: #216 lpn LPN000_630
        rcpt account - 521-5.7.1 Service unavailable; client [203.0.113.225] blocked using dnsbl.example.net
        rcpt account/other - 553 http://www.example.org/query/bl?ip=192.0.2.222
        rcpt account/policy - 554 Blocked - see https://support.example.com/dnsbl-lookup.cgi?ip=192.0.2.225
        rcpt account/spam - 550 5.7.1 IP address blacklisted by recipient
        greeting account/transport - 554 IP=192.0.2.254 - A problem occurred. (Ask your postmaster for help or to contact tosa@rx.example.net to clarify.) (BL)
        rcpt account/policy - 554 Host network not allowed - https://community.example.com/docs/DOC-1369#554
        rcpt account/policy - 550 Ip frequency limited [Blocked IP 192.0.2.22]. http://service.example.cn/cgi-bin/help?no=1000725
        dot account/policy - 550 Connection frequency limited http://service.example.cn/cgi-bin/help?no=1000722
        greeting account/spam - 550 mwinf5c04 ME Adresse IP source bloquee pour incident de spam. Client host blocked for spamming issues. OFR006_102
        mail account/spam - 550 5.7.1 Unfortunately, messages from [203.0.113.9] weren't sent. Please contact your Internet service provider since part of their network is on our block list (S3150).
        mail account/spam - 550 SC-001 (BAY004-MC1F15) Unfortunately, messages from 203.0.113.9 weren't sent. Please contact your Internet service provider. part of their network is on our block list
        mail account/spam - 553 5.3.0 flpd575 DNSBL:RBL 521< 203.0.113.9 >_is_blocked.For assistance forward this error to abuse_rbl@example.net
        rcpt account/spam - 550 The sending IP (203.0.113.9) is listed on https://www.example.org/. Please resolve this and retry
        rcpt account/policy - 550 Blocked by ivmSIP
        rcpt account/policy - 550 Email blocked by cbl.example.org; visit https://www.example.org/query/ip/203.0.113.9
        rcpt account/policy - 550 Your IP or Email address blocked by the FakeMail User
        rcpt account/spam - 550 Recipient not on bypass list, your IP has been found on a block list
        rcpt account/spam - 554 Blocklisting in effect
        rcpt account/spam - 550 rejected because 203.0.113.9 is in a black list at zen.example.org
        rcpt account/policy - 550 5.7.1 Mail from 203.0.113.9 refused by blackhole site sbl.example.org
        rcpt account/spam - 554 5.7.1 ACL dns_rbl; Client host [203.0.113.9] blocked using dns.example.net
        rcpt account/spam - 550 5.7.1 Your message was refused because 203.0.113.9 appears on our DNS blocklist
        rcpt account/spam - 550 JunkMail rejected - host.example.net [203.0.113.9]:51234 is in an RBL on b.example.org
        rcpt account/spam - 554 Denied [example] [bl] Your IP has been listed by an RBL
        rcpt account/spam - 550 5.7.1 Rejected for bad reputation: 203.0.113.9
        rcpt account/spam - 554 SenderBase score of -4.2 is too low
        greeting account - 554-mx.example.net 554 Your access to this mail system has been rejected due to the sending MTA's poor reputation.
        greeting account - 554-example.com (mxgmxus002) Nemesis ESMTP Service not available 554-No SMTP service 554-Bad DNS PTR resource record.
        greeting account/spam - 554 No SMTP service. IP address is block listed. For explanation visit https://postmaster.example.net/en/case?c=bl
        rcpt account/policy - 550 5.7.1 Connections not accepted from servers without a valid sender domain. Fix reverse DNS for 203.0.113.2
        rcpt account/policy - 550 5.7.1 Access denied. IP name possibly forged [203.0.113.9]
        rcpt account/policy - 450 4.7.1 Access denied. IP name lookup failed [192.0.2.222]
        rcpt account/policy - 554 5.7.1 <unknown[203.0.113.9]>: Client host rejected: cannot find your reverse hostname
        rcpt account/policy - 550 Dynamic/generic hostnames like yours are not accepted: use your provider's mail server
        rcpt account/policy - 554 5.7.1 Mail from dial-up hosts rejected, use your ISP's relay
        rcpt account/policy - 550 Blocked: your host is on a dynamic IP range
        mail account/throttled - 550 5.7.1 Session limit exceeded for 203.0.113.9
        rcpt account/other - 554 RLY:B1 http://postmaster.example.com/errors/554rlyb1.html
        mail account/policy - 554 5.7.1 : (DYN:T1) http://postmaster.example.com/errors/554dynt1.html
        greeting account/policy - 554 RTR:BL the IP address has been blocked due to a spike in unfavorable e-mail statistics
        mail account/spam - 421 4.7.0 [TSS04] Messages from 192.0.2.192 temporarily deferred due to unexpected volume or user complaints - 4.16.55.1
        mail account/spam - 553 5.7.1 [BL21] Connections will not be accepted from 203.0.113.9, because the ip is in Spamhaus's list; see http://postmaster.example.com/550-bl23.html
        dot account/spam - 550 5.7.606 Access denied, banned sending IP [198.51.100.222]. To request removal from this list please visit https://sender.example.com/ and follow the directions. (AS16012609)
        rcpt account/spam microsoft365 550 5.7.606 Access denied, banned sending IP [198.51.100.222]. To request removal from this list please visit https://sender.example.com/
        dot account/spam microsoft365 550 5.7.649 Access denied, banned sending IP [198.51.100.222]
        dot account/spam microsoft365 550 5.7.511 Access denied, banned sender [198.51.100.222]. To request removal from this list please forward this message to delist@example.com
        dot account/policy microsoft365 550 5.7.508 Access denied, [2001:db8::1] has exceeded permitted limits within range.
        dot account/policy microsoft365 550 5.7.506 Access Denied, Bad HELO
        rcpt account/policy microsoft365 550 5.7.507 Access denied, rejected by recipient
        dot account/throttled microsoft365 451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation.
        dot account/invalid_recipient microsoft365 550 5.7.504 [email@example.com]: Recipient address rejected: Access denied, traffic not accepted from this IP
        rcpt account/policy microsoft365 550 5.7.51 TenantInboundAttribution; There is a partner connector configured that matched the message's recipient domain
        dot message/spam microsoft365 550 5.7.512 Access denied, message must be RFC5322 section 3.6.2 compliant
        mail account/policy - 550 Please use SMTP AUTH
        rcpt account/policy - 550 SMTP AUTH is required for message submission on port 587
        rcpt account/authentication - 550 5.7.1 SMTP authentication needed
        rcpt account/policy - 553 5.7.1 You must log in before sending mail through this server
        rcpt account/authentication - 550 Must be authenticated to send to external domains
        rcpt account/authentication - 503 This mail server requires authentication when attempting to send to a non-local e-mail address. Please check your mail client settings
        rcpt account/policy - 550 5.7.1 Client does not have permissions to submit mail to this server
        rcpt account/other - 551 This mail server is for customers only
        rcpt account/policy - 554 5.7.1 <user@example.org>: Sender is not on the list of permitted submitters: check your SMTP login
        rcpt account/relay_denied - 550 host [203.0.113.9] isn't allowed to relay
        rcpt account/relay_denied - 550 5.7.1 This system is not configured to relay mail (r) from <news@example.com> to <user@example.org> for 203.0.113.9
        rcpt account/policy - 553 host denies relay.
        rcpt account/other - 553 relay check local fail.
        rcpt account/relay_denied - 550 We don't allow open relaying
        rcpt account/policy - 550 5.7.1 External relay refused
        rcpt account/policy - 550 You are not permitted to use this server for outgoing mail
        rcpt account/relay_denied - 454 4.7.1 Relay access temporarily denied: verify your IP
        mail account/authentication - 535 5.7.0 Please check your SMTP credentials
        dot account/policy - 550 5.7.1 Billing problem: service is switched off
        dot account/policy - 550 5.7.0 Your plan does not include this feature; upgrade at https://www.example.com/pricing
        dot account/throttled - 554 5.7.0 Your free quota of 100 mails is gone for today
        dot account/policy - 550 5.7.1 Mail volume over contract
        mail account/policy - 550 5.7.1 Sorry, your IP is not registered with this smarthost
        mail account/policy - 554 5.7.1 Connection from unregistered network
        rcpt account/other - 550 Maximum recipient count for the last 24 h reached for this login
        dot account/throttled - 550 5.4.5 Too many bounces from you, slow down
        rcpt account/spam - 554 rbl deny.
        rcpt account/policy - 550 black ip.
        rcpt account/other - 554 smtpport check error.
        mail account/policy - 550 Invalid HELO name: use a fully qualified one
        mail account/policy - 550 Access denied - Invalid HELO name (See RFC2821 4.1.1.1)
        rcpt account/policy - 571 Email from 203.0.113.9 is currently blocked by this site
        rcpt account/spam - 550 Domain example.com has been disabled because of spam complaints on this server
        rcpt account/policy - 554 5.7.0 Country of the connecting network not allowed
        rcpt account/other - 554 TLS is mandatory for your host
        mail account/policy - 550 5.7.10 STARTTLS is required for this sender
        """

    /// Replies of a server with a problem of its own or behind it, with permanent codes.
    static let sickServers = """
        dot transport/transport - 550 temporary failure please try again
        data transport/policy - 550 5.7.1 Queue is full
        dot transport/transport - 554 5.3.0 Disk full
        dot transport/transport - 554 disk is full, cannot write the message
        rcpt transport/transport - 550 Recipient lookup failed: LDAP server is down
        rcpt transport/transport - 550 5.7.1 Directory lookup failed
        rcpt transport/other - 550 unable to verify recipient at this time
        rcpt transport/transport - 554 5.7.1 Recipient verification is not possible right now
        dot transport/content - 550 5.7.1 Content rejected: scanner unavailable
        dot transport/content - 554 Virus scanner timeout, try again
        dot transport/spam - 554 5.7.1 Spam check failed: could not connect to the filter
        dot transport/content - 550 Anti-virus engine not responding
        dot transport/transport - 554 Error: transaction failed, blame it on the weather: E2: Cannot accept your message due to internal error, please report that to our engineers
        dot transport/transport - 554 5.3.0 Error: out of memory
        dot transport/transport - 554 Unable to queue message
        dot transport/transport - 554 5.3.0 unable to write to spool
        dot transport/other - 550 Local delivery failed: no space left on device
        dot transport/transport - 554 Message could not be processed, please resubmit later
        rcpt transport/transport - 550 Server is read-only for maintenance
        rcpt transport/transport - 550 Backend connection refused
        rcpt transport/transport - 550 5.4.316 Connection refused by the next hop
        rcpt transport/transport - 554 SMTP proxy: cannot reach the destination server
        rcpt transport/other - 550 Failed to connect to the recipient database
        rcpt transport/transport - 554 Please try again, the system is under heavy load
        rcpt transport/throttled - 554 greylisted, come back in five minutes
        rcpt transport/throttled - 550 5.7.1 Greylisting in effect, please retry
        dot transport/policy - 550 Policy service is down
        dot transport/transport - 554 5.7.1 Service unavailable - try again later
        dot transport/policy - 554 milter rejected the message: connection lost
        dot transport/transport - 554 Processing error
        dot transport/transport - 550 Exception in content filter
        mail transport/policy - 554 ESMTP not accepting connections
        mail transport/transport - 553 5.3.5 system config error
        rcpt message/transport - 553 5.3.5 mail.example.net config error: mail loops back to me (MX problem?)
        dot message/transport - 554 5.4.6 Too many hops
        dot message/other - 552 looping message.
        dot message/other - 554 MailLoop
        dot message/transport - 554 5.4.0 Message loops back to myself
        dot message/transport - 550 5.4.14 Hop count exceeded - possible mail loop detected on tenant
        dot message/content - 550 Routing loop detected -- too many Received: headers
        rcpt message/transport - 554 5.4.6 Routing loop to example.org
        dot message/transport - 554 5.4.12 SMTP; Hop count exceeded - possible mail loop
        """

    /// Replies about too many recipients in a transaction, or in a period.
    static let counts = """
        rcpt recipient/throttled - 552 Too many recipients
        rcpt recipient/throttled - 550 Too many recipients
        rcpt recipient/throttled - 552 5.5.3 Too many recipients in one message
        rcpt recipient/throttled - 554 5.5.3 Error: too many recipients
        rcpt recipient/throttled - 550 5.5.3 Recipient limit exceeded
        rcpt recipient/other - 451 out of allow RCPT numbers.
        rcpt recipient/throttled - 450 RP:DRC too many recipients in this connection
        rcpt recipient/throttled - 452 4.5.3 Recipients belong to multiple regions
        rcpt recipient/throttled - 451 4.5.3 Requested action aborted: too many recipients
        rcpt recipient/policy - 550 5.7.1 Only 50 recipients are allowed for one message
        rcpt recipient/other - 552 Maximum number of recipients exceeded
        rcpt account/throttled - 550 5.7.1 Too many recipients today
        rcpt account/throttled - 452 too many recipients per hour from 203.0.113.9
        """
}
