/// Rules about the number of recipients and about the path a message has taken.
extension DefaultRule {
    static let limits = [
        DefaultRule(
            "too-many-recipients", ReplyPattern(statuses: ["x.5.3"], phases: [.rcpt], except: rates),
            Verdict(.recipient, .nextTransaction),
            "the transaction has reached the server's recipient limit (RFC 3463 section 3.6)"),
        DefaultRule(
            "too-many-recipients-by-text",
            ReplyPattern(
                "too many recipients", "too many rcpt", "maximum number of recipients", "max number of recipients",
                "maximum recipients", "recipients limit", "recipient limit", "recipients exceed",
                "number of recipients", "too many envelope recipients", "recipients are allowed", phases: [.rcpt],
                except: rates),
            Verdict(.recipient, .nextTransaction),
            "the transaction has reached the server's recipient limit (RFC 5321 section 4.5.3.1.10)"),
        DefaultRule(
            "no-further-recipient",
            ReplyPattern(
                codes: [452, 552], phases: [.rcpt], followsRecipient: true,
                except: rates
                    + .init(
                        statuses: ["x.1.x", "x.2.x", "x.3.x", "x.4.x", "x.7.x"],
                        texts: ["mailbox", "inbox", "quota", "storage", "user", "account", "disk", "space", "system"])),
            Verdict(.recipient, .nextTransaction),
            "the code that RFC 5321 section 4.5.3.1.10 defines for too many recipients, after one was accepted"),
    ]

    /// Words of a limit that would apply to another transaction as well.
    static let rates = ReplyPattern.Exceptions(
        texts: [
            "hour", "today", "per day", "daily", "per minute", "minute", "month", "rate", "quota", "your account",
            "your plan", "your domain", "your ip", "24 h", "week",
        ])

    static let loops = [
        DefaultRule(
            "loop",
            ReplyPattern(
                statuses: ["x.4.6", "x.4.14"], phases: transaction,
                except: .init(
                    texts: [
                        "quota", "sending", "activity", "rate limit", "daily", "hourly", "per hour", "per day",
                        "outgoing",
                    ])),
            Verdict(.message, .nextUpstream),
            "the message loops through this upstream (RFC 3463 section 3.5)"),
        DefaultRule(
            "loop-by-text",
            ReplyPattern(
                "too many hops", "hop count", "hop limit", "maximum hops", " loop ", "mailloop", "mail loop",
                "mail-loop",
                "message loop", "routing loop", "forwarding loop", "delivery loop", "loops back", "loop back to",
                "loop detected", "looping", "too many received", "too many \"received", "too many 'received",
                phases: transaction),
            Verdict(.message, .nextUpstream), "the message loops through this upstream"),
    ]
}
