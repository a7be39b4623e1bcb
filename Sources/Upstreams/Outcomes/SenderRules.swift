/// Rules about the sender, as seen by this server.
extension DefaultRule {
    /// Before the content and client rules: the domain is the sender's.
    static let reputation = DefaultRule(
        "sender-reputation",
        ReplyPattern(
            "reputation of the sending domain", "reputation of the domain", "reputation of the sender domain",
            "reputation of your domain", "reputation of your sending domain", "reputation of the sender's domain",
            "domain reputation", "domain's reputation", "reputation of a domain"),
        .senderFault, "the sender's domain has a bad reputation here, perhaps not elsewhere")

    static let senders = [
        DefaultRule(
            "sender-refused",
            ReplyPattern(
                "address is not verified", "address not verified", "domain is not verified", "domain not verified",
                "sender*not verified", "from*not verified", "unverified", "not a verified", "verified sender",
                "sender verify failed", "sender verification failed", "sender identity", "sender signature",
                "unconfigured sending domain", "not allowed to send", "not authorized to send", "not permitted to send",
                "sendasdenied", "send as this sender", "sender address*rejected", "sender rejected",
                "sender address*refused", "sender*not allowed", "sender*not authorized", "sender*not valid",
                "not owned by", "from address*not", "from header*not", "domain*not associated with your account",
                "invalid sender", "sender*blocked", "sender*blacklist", "bad outbound sender", "unregistered domain",
                "mail from*not allowed", "mail from*rejected", "restricted to sending domain",
                "sending domain*not active",
                except: .init(texts: ["recipient", "send to", "virus", "unauthenticated"])),
            .senderFault, "this provider refuses this sender; another may accept it"),
        DefaultRule(
            "sender-refused-by-status", ReplyPattern(statuses: ["x.1.7", "x.1.8", "x.7.27"]), .senderFault,
            "this provider refuses this sender's address (RFC 3463 section 3.2, RFC 7505 section 4.2)"),
        DefaultRule(
            "sender-not-vouched-for",
            ReplyPattern(statuses: ["x.7.20", "x.7.21", "x.7.22", "x.7.23", "x.7.24", "x.7.26", "x.7.515"]),
            .senderFault, "the sender's domain does not authorize this provider (RFC 7372 section 3)"),
        DefaultRule(
            "sender-not-vouched-for-by-text",
            ReplyPattern(
                "dmarc", "spf check", "spf fail", "spf validation", "spf record", "for policy reasons",
                "domain*mismatches client", "envelope sender domain must"),
            .senderFault, "the sender's domain does not authorize this provider"),
    ]
}
