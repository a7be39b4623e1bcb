/// Rules about the server itself.
extension DefaultRule {
    static let hosts = [
        DefaultRule(
            "closing", ReplyPattern(codes: [421]), .hostFault, "the server ends the session (RFC 5321 section 3.8)"),
        DefaultRule("greeting", ReplyPattern(phases: [.greeting]), .hostFault, "the server refuses sessions"),
        DefaultRule(
            "host-in-trouble",
            ReplyPattern(digit: 4, statuses: ["x.3.0", "x.3.1", "x.3.2", "x.3.3", "x.3.5"], phases: transaction),
            .hostFault, "the server is in trouble (RFC 3463 section 3.4)"),
        DefaultRule(
            "host-failed", ReplyPattern(digit: 5, statuses: ["x.3.1", "x.3.2", "x.3.5"], phases: transaction),
            .hostFault, "the server is in trouble (RFC 3463 section 3.4)"),
        DefaultRule(
            "host-in-trouble-by-text",
            ReplyPattern(
                "temporary local problem", "local error in processing", "temporary service failure",
                "temporary server error", "system storage", "out of memory", "unavailable*try again",
                "lookup failure", "maintenance", "backend", "database", "timeout", "timed out", digit: 4,
                phases: transaction, except: .init(texts: ["mailbox", "dns", "domain", "destination"])),
            .hostFault, "the server is in trouble"),
        DefaultRule(
            "host-failed-by-text",
            ReplyPattern(
                "internal server error", "internal error", "internal failure", "system storage",
                "queue file write error", "service unavailable", "service temporarily unavailable",
                "service not available", "server configuration error", phases: transaction,
                except: .init(texts: ["mailbox", "blocked"])),
            .hostFault, "the server is in trouble"),
        DefaultRule(
            "out-of-order", ReplyPattern(codes: [502, 503], phases: [.mail, .rcpt, .data]), .hostFault,
            "the server has lost track of the session (RFC 5321 section 4.3.2)"),
    ]

    static let transaction: [OutcomePhase] = [.mail, .rcpt, .data, .dot]
}
