/// What is left where no text and no status says more: the phase and the first digit.
extension GeneralRow {
    static let digits = [
        GeneralRow(
            "mail-later", ReplyPattern(digit: 4, phases: [.mail, .data]),
            Verdict(.account, .nextUpstream, countsAgainstCircuit: true),
            "the server takes no mail now, whatever it is"),
        GeneralRow(
            "mail-refused", ReplyPattern(digit: 5, phases: [.mail]), .senderFault,
            "the server does not take this sender, and another one may"),
        GeneralRow(
            "data-refused", ReplyPattern(digit: 5, phases: [.data]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
        GeneralRow(
            "recipient-later", ReplyPattern(digit: 4, phases: [.rcpt]), Verdict(.recipient, .nextUpstream),
            "the server does not take this recipient now, and another one may"),
        GeneralRow(
            "recipient-refused", ReplyPattern(digit: 5, phases: [.rcpt]), Verdict(.recipient, .secondOpinion),
            "the server does not take this recipient, and does not say in known words why"),
        GeneralRow(
            "message-later", ReplyPattern(digit: 4, phases: [.dot]), Verdict(.message, .retryLater),
            "the server does not take this message now"),
        GeneralRow(
            "message-refused", ReplyPattern(digit: 5, phases: [.dot]), Verdict(.message, .secondOpinion),
            "the server does not take this message, and does not say in known words why"),
    ]
}
