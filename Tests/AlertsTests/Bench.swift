import Mail

@testable import Alerts

/// A machine with facts and a clock that a test moves by hand.
struct Bench {
    var machine: AlertMachine
    var facts = AlertFacts()
    var now = Timestamp(milliseconds: 1_700_000_000_000)

    init(_ rules: AlertRule..., upstreams: String...) {
        machine = AlertMachine(rules)
        facts.upstreams = upstreams.map { UpstreamFacts(name: $0) }
        facts.upstreamNames = Set(upstreams)
        facts.routes = [RouteFacts(name: "default", upstreams: upstreams)]
    }

    /// Time passes, a look a second.
    ///
    /// - Returns: what was told, as `firing NAME: SUBJECTS`, with a mark for what only the log gets, or is told again.
    mutating func pass(_ seconds: Int = 1) -> [String] {
        var told: [String] = []
        for _ in 0..<seconds {
            now = now + .seconds(1)
            told += machine.look(facts, now: now).map(\.words)
        }
        return told
    }

    mutating func set(_ name: String, _ change: (inout UpstreamFacts) -> Void) {
        for index in facts.upstreams.indices where facts.upstreams[index].name == name {
            change(&facts.upstreams[index])
        }
    }

    mutating func fail(_ name: String) { set(name) { ($0.isClosed, $0.share) = (false, 0) } }
    mutating func recover(_ name: String) { set(name) { ($0.isClosed, $0.share) = (true, 1) } }

    /// How the only alert stands about a subject.
    func state(_ subject: String) -> String { machine.groups[0].standings[subject]?.word ?? "ok" }
}

extension AlertNotice {
    var words: String {
        let marks = (isSilenced ? " (silenced)" : "") + (isRepeated ? " (again)" : "")
        return "\(status.rawValue) \(rule.name): \(subjects.map(\.name).joined(separator: ", "))\(marks)"
    }
}

/// A rule that fires and clears at once, unless a test says otherwise.
func rule(
    _ kind: AlertKind, hold: Int = 0, clear: Int = 0, _ change: (inout AlertRule) -> Void = { _ in }
) -> AlertRule {
    var rule = AlertRule(name: kind.rawValue, kind: kind)
    (rule.hold, rule.clearHold, rule.again) = (.seconds(hold), .seconds(clear), .zero)
    change(&rule)
    return rule
}
