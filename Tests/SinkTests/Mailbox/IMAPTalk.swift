import Mail

@testable import Sink

/// An IMAP session with mailboxes that a test fills.
struct IMAPTalk {
    static let user = "probe@example.net"
    static let noon = Timestamp(milliseconds: 1_796_040_000_000)

    var store = MailStore(validity: 7)
    var session = IMAPSession(name: "sink")
    var password = MailboxPassword.exactly(Array("sesame".utf8))

    init(_ mails: String...) {
        for mail in mails { deliver(mail) }
    }

    mutating func deliver(_ content: String, at date: Timestamp = noon, to address: String = user) {
        let octets = content.replacing("\n", with: "\r\n")
        store.deliver(Array(octets.utf8), to: address, at: date)
    }

    /// - Parameter text: lines without CR.
    mutating func say(_ text: String) -> [String] {
        answers(Array(text.replacing("\n", with: "\r\n").utf8) + [13, 10])
    }

    mutating func answers(_ octets: [UInt8]) -> [String] {
        Self.lines(received(octets))
    }

    mutating func received(_ octets: some Sequence<UInt8>) -> [UInt8] {
        session.received(octets)
        var answer: [UInt8] = []
        while let more = session.next(&store, password: password) { answer += more }
        return answer
    }

    mutating func told() -> [String] { Self.lines(session.mailboxChanged(store)) }

    static func lines(_ octets: [UInt8]) -> [String] {
        let lines = String(decoding: octets, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
        return lines.dropLast().map(String.init)
    }

    mutating func logIn(_ folder: String? = nil, command: String = "SELECT") {
        _ = say("l LOGIN \(Self.user) sesame")
        if let folder { _ = say("s \(command) \(folder)") }
    }
}
