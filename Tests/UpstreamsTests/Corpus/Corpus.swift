import Mail
import Upstreams

/// A reply as some server sends it, and whom it is about: decided by hand, by what a mail operator would say.
struct Sample: Sendable, CustomStringConvertible {
    let phase: OutcomePhase
    let scope: FailureScope
    /// Nil where the server is nobody's that is known.
    let provider: Provider?
    let reply: Reply

    /// - Parameter line: `phase scope provider reply`, with `-` for no provider.
    init(line: Substring) throws {
        let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
        guard parts.count == 4, let phase = OutcomePhase(rawValue: parts[0]),
            let scope = FailureScope(rawValue: parts[1]), let reply = Reply(parsing: parts[3]),
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

    /// Those that the rules of the first release were written for, all of them.
    static func fitted() throws -> [Sample] {
        try [providers, accounts, submission, senders, recipients, messages, hosts, hostile, smarthosts]
            .flatMap(parsed)
    }

    /// Those that came later. No rule was written for, or tried with, the half of them that is held out.
    static func fresh() throws -> [Sample] {
        try [receiversOnRecipients, receiversOnMessages, receiversOnSenders, standing, sickServers, counts]
            .flatMap(parsed)
    }

    private static func parsed(_ text: String) throws -> [Sample] {
        try text.split(separator: "\n").map { try Sample(line: $0) }
    }
}
