import Mail
import Upstreams

/// A server's reply, and what it is about, decided by hand as a mail operator would.
struct Sample: Sendable, CustomStringConvertible {
    let phase: OutcomePhase
    let scope: FailureScope
    /// Nil for an unknown server.
    let provider: Provider?
    let reply: Reply
    /// What its failure is about; nil if that has not been decided.
    let failureClass: FailureClass?

    /// - Parameter line: `phase scope/class provider reply`, with `-` for no provider.
    init(line: Substring) throws {
        let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count == 4, let phase = OutcomePhase(rawValue: parts[0]) else {
            throw Malformed(line: String(line))
        }
        let subject = parts[1].split(separator: "/").map(String.init)
        failureClass = subject.count == 2 ? FailureClass(rawValue: subject[1]) : nil
        guard let scope = FailureScope(rawValue: subject[0]), subject.count == 1 || failureClass != nil,
            let reply = Reply(parsing: parts[3]),
            parts[2] == "-" || Provider.named(parts[2]) != nil
        else { throw Malformed(line: String(line)) }
        self.phase = phase
        self.scope = scope
        self.provider = Provider.named(parts[2])
        self.reply = reply
    }

    struct Malformed: Error { let line: String }

    var description: String { "\(phase.rawValue) \(scope.rawValue) \(provider?.name ?? "-") \(reply)" }
}

enum Corpus {
    static func samples() throws -> [Sample] { try fitted() + fresh() }

    /// All replies that the rules of the first release were written for.
    static func fitted() throws -> [Sample] {
        try [providers, accounts, submission, senders, recipients, messages, hosts, hostile, smarthosts]
            .flatMap(parsed)
    }

    /// Later replies. No rule was written for, or tried with, their held-out half.
    static func fresh() throws -> [Sample] {
        try [receiversOnRecipients, receiversOnMessages, receiversOnSenders, standing, sickServers, counts]
            .flatMap(parsed)
    }

    /// Words or codes of a recipient or a message beside words that are about somebody else.
    static func contradictory() throws -> [Sample] {
        try [volumesAtMail, restrictions, statusesOfMailboxes, filters, sizes, unknownCallers, unseen, unseenLater]
            .flatMap(parsed)
    }

    /// Usual refusals of recipients and messages.
    static func plain() throws -> [Sample] {
        try [plainRecipients, plainMessages, unseenPlain, unseenPlainLater].flatMap(parsed)
    }

    static func parsed(_ text: String) throws -> [Sample] {
        try text.split(separator: "\n").map { try Sample(line: $0) }
    }
}
