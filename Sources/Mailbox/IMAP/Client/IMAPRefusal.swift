/// NO and BAD as errors: the one place where response codes get a meaning (RFC 5530, RFC 9051 section 7.1).
extension MailboxError {
    /// A refused request.
    init(refusing what: String, _ status: ResponseStatus, _ words: ServerWords) {
        let code: Code =
            switch status.code {
            case "NONEXISTENT", "TRYCREATE": .noFolder
            case let name? where Self.passing.contains(name): .unavailable
            default: status.kind == .bad ? .unsupported : .refused
            }
        self.init(
            .refusal, code, "the server refuses \(what)", answer: words.text(status.text), responseCode: status.code)
    }

    /// A refused login: the credentials are wrong, unless the server says that it is the server's fault.
    ///
    /// - Parameter explanation: what the server has said in a challenge.
    init(refusingLogin status: ResponseStatus, _ words: ServerWords, explanation: String? = nil) {
        let said = explanation.flatMap { words.text($0.utf8) }.map { ", which it explains as \($0)" }
        let isPassing = status.code.map { Self.passing.contains($0) } ?? false
        self.init(
            isPassing ? .refusal : .authentication, isPassing ? .unavailable : .loginRefused,
            "the server refuses the login\(said ?? "")", answer: words.text(status.text), responseCode: status.code)
    }

    /// The server ends the session by itself.
    init(bye status: ResponseStatus, _ words: ServerWords) {
        let isPassing = status.code.map { Self.passing.contains($0) } ?? false
        self.init(
            .refusal, isPassing ? .unavailable : .bye, "the server ends the session", answer: words.text(status.text),
            responseCode: status.code)
    }

    private static let passing: Set = ["UNAVAILABLE", "INUSE", "LIMIT", "OVERQUOTA", "SERVERBUG", "CONTACTADMIN"]
}
