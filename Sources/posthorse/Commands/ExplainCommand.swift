import Admin
import ArgumentParser
import Configuration
import Console
import Delivery
import Mail
import Upstreams

/// `posthorse explain`: which rule decides about a reply, and what would happen.
struct ExplainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show which rule classifies a reply, and what would happen.",
        discussion: """
            Write the reply as the log shows it, code first: "554 5.7.1 no". --upstream is an upstream of relay.conf, \
            or else a provider (ses, sendgrid, mailgun, postmark, sparkpost, brevo, resend, google, microsoft365); \
            without it, the general table decides. Nothing is sent, and no relay needs to be running.
            """)

    @Argument(help: "The reply, such as \"554 5.7.1 Relay access denied\".")
    var reply: String

    @Option(help: ArgumentHelp("An upstream of relay.conf, or a provider.", valueName: "name"))
    var upstream: String?

    @Option(help: ArgumentHelp("What it answers: greeting, auth, mail, rcpt, data or dot.", valueName: "phase"))
    var phase = "dot"

    @Flag(help: "Also print the input, the reason, the effect on the circuit, and the provider's page.")
    var verbose = false

    @OptionGroup var options: ConfigOption
    @OptionGroup var output: JSONOption

    func run() throws {
        if let words = OwnWords.unmark(reply) {
            throw Failure(
                .usage, "no upstream said \"\(words)\": the relay did, and did not send the mail there")
        }
        guard let parsed = Reply(parsing: reply), parsed.code >= 400 else {
            throw Failure(.usage, "a reply that refuses something begins with a code from 400 to 599")
        }
        guard let phase = OutcomePhase(rawValue: phase) else {
            let names = OutcomePhase.allCases.map(\.rawValue).joined(separator: ", ")
            throw Failure(.usage, "there is no phase \"\(phase)\"; there are \(names)")
        }
        let book = try book()
        var explanation = Explanation(parsed, phase, upstream, book.provider, book.explain(parsed, at: phase))
        explanation.bounce = book.bounce(parsed, at: phase)?.rawValue
        if phase == .rcpt { explanation.follow(recipient: book.verdict(parsed, at: phase, hasRecipients: true)) }
        explanation.follow(message: book.verdict(parsed, at: phase, session: .used))
        var standardOutput = Output()
        if output.json {
            standardOutput.write(try AdminJSON.line(explanation))
        } else {
            for line in verbose ? explanation.lines : explanation.summary { standardOutput.line(Printable.line(line)) }
        }
        standardOutput.flush()
    }

    /// The rules of the named upstream, or of the provider.
    private func book() throws -> RuleBook {
        guard let upstream else { return RuleBook() }
        let provider = Provider.named(upstream)
        do {
            let settings = try options.load().delivery.upstreams.first { $0.name == upstream }
            if let settings { return RuleBook(settings) }
        } catch {
            guard options.config == nil, provider != nil else { throw error }
        }
        guard let provider else {
            let names = Provider.names.joined(separator: ", ")
            throw Failure(
                .usage, "there is no upstream \"\(upstream)\" in \(options.path), nor a provider; those are \(names)")
        }
        return RuleBook(own: [], provider: provider)
    }
}

/// Output of `explain`; property names match the JSON.
struct Explanation: Encodable {
    let reply: String
    let phase: String
    let upstream: String?
    let provider: String?
    /// `upstream`, `provider` or `general`.
    let source: String
    let rule: String
    /// The parts of the reply that the rule matched.
    let matched: [String]
    /// The words that keep the reply from failing mail at once.
    let contradictedBy: String?
    let reason: String?
    let page: String?
    let scope: String
    /// What a failure with this reply would be about: notices, figures and filters name it so.
    let failureClass: String
    /// Whether it is permanent.
    let isHard: Bool
    /// `hard` or `soft` if a failure with this reply counts towards a suppression of the address.
    var bounce: String?
    let action: String
    let opensCircuit: Bool
    let countsAgainstCircuit: Bool
    /// The consequence, in a sentence.
    let consequence: String
    /// Whether the wording sounds temporary, so that mail waits if there is no other upstream.
    let isPassing: Bool
    /// The action after another recipient was accepted, if different.
    private(set) var actionAfterRecipient: String?
    /// The action after another message had its result in the session, if different.
    private(set) var actionAfterMessage: String?

    private let ruleInWords: String
    private let doubt: String?
    private let effect: String
    private var later: [String] = []

    init(_ reply: Reply, _ phase: OutcomePhase, _ upstream: String?, _ provider: Provider?, _ decision: Decision) {
        self.reply = reply.description
        self.phase = phase.rawValue
        self.upstream = upstream
        self.provider = provider?.name
        switch decision.source {
        case .own: source = "upstream"
        case .provider: source = "provider"
        case .general: source = "general"
        }
        rule = decision.rule
        matched = decision.matched.all
        contradictedBy = decision.contradiction?.words
        ruleInWords = decision.ruleInWords
        doubt = decision.doubt
        reason = decision.reason
        page = decision.page
        scope = decision.verdict.scope.rawValue
        failureClass = FailureClassRule.failureClass(of: reply, at: phase, decision.verdict.scope).rawValue
        isHard = reply.kind == .permanent
        action = decision.verdict.action.rawValue
        opensCircuit = decision.verdict.opensCircuit
        countsAgainstCircuit = decision.verdict.countsAgainstCircuit
        consequence = decision.verdict.consequence
        isPassing = decision.verdict.isPassing
        effect = decision.verdict.effect
    }

    /// The meaning once the transaction has a recipient.
    mutating func follow(recipient verdict: Verdict) {
        guard verdict.action.rawValue != action else { return }
        actionAfterRecipient = verdict.action.rawValue
        follow("Once the transaction has a recipient", verdict)
    }

    /// The meaning once the session has taken a message.
    mutating func follow(message verdict: Verdict) {
        guard verdict.action.rawValue != action else { return }
        actionAfterMessage = verdict.action.rawValue
        follow("Once the session has taken a message", verdict)
    }

    private mutating func follow(_ when: String, _ verdict: Verdict) {
        later.append(
            "then     \(when): \(verdict.scope.rawValue), \(verdict.action.rawValue). \(verdict.consequence)")
    }

    private enum CodingKeys: String, CodingKey {
        case reply, phase, upstream, provider, source, rule, matched, reason, page, scope, action, consequence
        case bounce
        case failureClass = "class"
        case isHard = "hard"
        case contradictedBy = "contradicted_by"
        case opensCircuit = "opens_circuit"
        case countsAgainstCircuit = "counts_against_circuit"
        case isPassing = "passing"
        case actionAfterRecipient = "action_after_recipient"
        case actionAfterMessage = "action_after_message"
    }

    /// Every name is always present; unknown values are null.
    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(reply, forKey: .reply)
        try container.encode(phase, forKey: .phase)
        try container.encode(upstream, forKey: .upstream)
        try container.encode(provider, forKey: .provider)
        try container.encode(source, forKey: .source)
        try container.encode(rule, forKey: .rule)
        try container.encode(matched, forKey: .matched)
        try container.encode(contradictedBy, forKey: .contradictedBy)
        try container.encode(reason, forKey: .reason)
        try container.encode(page, forKey: .page)
        try container.encode(scope, forKey: .scope)
        try container.encode(failureClass, forKey: .failureClass)
        try container.encode(isHard, forKey: .isHard)
        try container.encode(bounce, forKey: .bounce)
        try container.encode(action, forKey: .action)
        try container.encode(opensCircuit, forKey: .opensCircuit)
        try container.encode(countsAgainstCircuit, forKey: .countsAgainstCircuit)
        try container.encode(consequence, forKey: .consequence)
        try container.encode(isPassing, forKey: .isPassing)
        try container.encode(actionAfterRecipient, forKey: .actionAfterRecipient)
        try container.encode(actionAfterMessage, forKey: .actionAfterMessage)
    }

    /// For people: the decision, the consequence, and the rule.
    var summary: [String] {
        ["verdict  \(scope), \(action)", "so       \(consequence)"] + later
            + ["rule     \(ruleInWords)"] + (doubt.map { ["but      \($0)"] } ?? [])
    }

    /// For people: everything.
    var lines: [String] {
        var lines = ["reply    \(reply)", "answers  \(phase)\(upstream.map { ", upstream \($0)" } ?? "")"]
        lines.append("verdict  \(scope), \(action)")
        lines.append("class    \(failureClass), \(isHard ? "hard" : "soft")")
        if let bounce { lines.append("bounce   \(bounce): counts towards a suppression of the address") }
        if let reason { lines.append("because  \(reason)") }
        lines.append("so       \(consequence)")
        lines += later
        lines += ["circuit  \(effect)", "rule     \(ruleInWords)"]
        if let doubt { lines.append("but      \(doubt)") }
        if let page { lines.append("page     \(page)") }
        return lines
    }
}
