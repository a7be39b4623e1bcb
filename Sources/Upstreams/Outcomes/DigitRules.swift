/// What is left where no text and no status says more: the phase and the first digit.
extension DefaultRule {
    static let digits = [
        DefaultRule(
            "mail-later", ReplyPattern(digit: 4, phases: [.mail, .data]),
            Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
            "the server takes no mail now, whatever it is"),
        DefaultRule(
            "mail-refused", ReplyPattern(digit: 5, phases: [.mail]), .senderFault,
            "the server does not take this sender, and another one may"),
        DefaultRule(
            "data-refused", ReplyPattern(digit: 5, phases: [.data]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
        DefaultRule(
            "recipient-later", ReplyPattern(digit: 4, phases: [.rcpt]), Verdict(.recipient, .nextUpstream),
            "the server does not take this recipient now, and another one may"),
        DefaultRule(
            "recipient-refused", ReplyPattern(digit: 5, phases: [.rcpt]), Verdict(.recipient, .secondOpinion),
            "the server does not take this recipient, and does not say in known words why"),
        DefaultRule(
            "message-later", ReplyPattern(digit: 4, phases: [.dot]), Verdict(.message, .retryLater),
            "the server does not take this message now"),
        DefaultRule(
            "message-refused", ReplyPattern(digit: 5, phases: [.dot]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
    ]
}
