/// Fallback rules by phase and first digit, when no text and no status says more.
extension DefaultRule {
    static let digits = [
        DefaultRule(
            "mail-later", ReplyPattern(digit: 4, phases: [.mail, .data]),
            Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
            "the server accepts no mail at present"),
        DefaultRule(
            "mail-refused", ReplyPattern(digit: 5, phases: [.mail]),
            Verdict(.sender, .nextUpstream, isUnexplained: true),
            "the server refuses this sender; another may accept it"),
        DefaultRule(
            "data-refused", ReplyPattern(digit: 5, phases: [.data]), Verdict(.message, .secondOpinion),
            "the server refuses this message for an unrecognized reason"),
        DefaultRule(
            "recipient-later", ReplyPattern(digit: 4, phases: [.rcpt]), Verdict(.recipient, .nextUpstream),
            "the server refuses this recipient for now; another may accept it"),
        DefaultRule(
            "recipient-refused", ReplyPattern(digit: 5, phases: [.rcpt]), Verdict(.recipient, .secondOpinion),
            "the server refuses this recipient for an unrecognized reason"),
        DefaultRule(
            "message-later", ReplyPattern(digit: 4, phases: [.dot]), Verdict(.message, .retryLater),
            "the server refuses this message for now"),
        DefaultRule(
            "message-refused", ReplyPattern(digit: 5, phases: [.dot]), Verdict(.message, .secondOpinion),
            "the server refuses this message for an unrecognized reason"),
    ]
}
