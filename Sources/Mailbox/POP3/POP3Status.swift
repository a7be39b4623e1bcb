/// The first line of an answer: `+OK` or `-ERR`, with its text (RFC 1939 section 3).
struct POP3Status: Hashable, Sendable {
    let isPositive: Bool
    let text: ArraySlice<UInt8>

    /// nil for anything else.
    init?(_ line: [UInt8]) {
        let word = String(decoding: line.prefix { $0 > 0x20 }.prefix(5), as: UTF8.self).uppercased()
        guard word == "+OK" || word == "-ERR" else { return nil }
        isPositive = word == "+OK"
        text = line.drop { $0 > 0x20 }.drop { $0 == 0x20 || $0 == 0x09 }
    }

    /// The response code in upper case (RFC 2449 section 8, RFC 3206); nil if there is none.
    var code: String? {
        guard text.first == UInt8(ascii: "["), let end = text.firstIndex(of: UInt8(ascii: "]")) else { return nil }
        return String(decoding: text[text.startIndex + 1..<end].prefix(60), as: UTF8.self).uppercased()
    }

    /// The words of the text.
    var words: [ArraySlice<UInt8>] { text.split(separator: 0x20) }
}

/// `-ERR` as errors: the one place where its response codes get a meaning.
extension MailboxError {
    private static let passing: Set = ["IN-USE", "LOGIN-DELAY", "SYS/TEMP", "SYS/PERM"]

    /// A refused request; servers refuse commands that they do not know in the same way.
    init(refusing what: String, _ status: POP3Status, _ words: ServerWords, unsupported: Bool = false) {
        let isPassing = status.code.map { Self.passing.contains($0) } ?? false
        self.init(
            .refusal, isPassing ? .unavailable : unsupported ? .unsupported : .refused, "the server refuses \(what)",
            answer: words.text(status.text), responseCode: status.code)
    }

    /// A refused login: the credentials are wrong, unless the server says that it is the server's fault.
    ///
    /// - Parameter explanation: what the server has said in a challenge.
    init(refusingLogin status: POP3Status, _ words: ServerWords, explanation: String? = nil) {
        let said = explanation.flatMap { words.text($0.utf8) }.map { ", which it explains as \($0)" }
        let isPassing = status.code.map { Self.passing.contains($0) } ?? false
        self.init(
            isPassing ? .refusal : .authentication, isPassing ? .unavailable : .loginRefused,
            "the server refuses the login\(said ?? "")", answer: words.text(status.text), responseCode: status.code)
    }
}
