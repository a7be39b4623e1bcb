import Mail
import Testing
import Upstreams

@Suite("Refuted refusals")
struct RefutationTests {
    let start = MonotonicInstant(nanoseconds: 0)
    var stage = RefutationStage()

    @Test("open the circuit as an account fault, with the reply as the cause")
    mutating func opens() {
        for number in 0..<4 { #expect(stage.refute(sender: "app", domain: "d\(number).test") == nil) }
        let transition = stage.refute(sender: "app", domain: "d4.test")
        #expect(
            transition?.summary
                == "closed to open, 0 %: other upstreams accepted 5 messages in 300 s that this one refused for unknown "
                + "reasons, and it accepted 0, most often \"554 5.7.1 Rejected: # listed at #\"")
        #expect(stage.circuit.isAccountFault)
        #expect(transition?.until == start + .seconds(10))
    }

    @Test("must come from several domains")
    mutating func domains() {
        for number in 0..<100 { #expect(stage.refute(sender: "app", domain: "d\(number % 2).test") == nil) }
    }

    @Test("of one domain count for no more than those of all others plus one")
    mutating func heavyDomain() {
        for _ in 0..<100 { #expect(stage.refute(sender: "app", domain: "heavy.test") == nil) }
        #expect(stage.refute(sender: "app", domain: "b.test") == nil)
        #expect(stage.refute(sender: "app", domain: "C.test") != nil)
    }

    @Test("must come from several senders, if several use the upstream", arguments: [false, true])
    mutating func senders(isAlone: Bool) {
        if !isAlone { stage.circuit.took(sender: "other", now: start) }
        var opened = false
        for number in 0..<100 where !opened {
            opened = stage.refute(sender: "app", domain: "d\(number).test") != nil
        }
        #expect(opened == isAlone)
    }

    @Test("of one sender count for no more than those of all others plus one")
    mutating func heavySender() {
        stage.circuit.took(sender: "other", now: start)
        for number in 0..<100 { #expect(stage.refute(sender: "app", domain: "d\(number).test") == nil) }
        #expect(stage.refute(sender: "other", domain: "x.test") == nil)
        #expect(stage.refute(sender: "third", domain: "y.test") != nil)
    }

    @Test("must outnumber what the upstream accepted meanwhile")
    mutating func outnumber() {
        #expect(stage.refute(sender: "app", domain: "first.test") == nil)
        for _ in 0..<20 { stage.circuit.took(sender: "app", now: start) }
        for number in 1..<20 { #expect(stage.refute(sender: "app", domain: "d\(number).test") == nil) }
        #expect(stage.refute(sender: "app", domain: "last.test") != nil)
    }

    @Test("are not outweighed by messages accepted in better times")
    mutating func betterTimes() {
        for _ in 0..<100_000 { stage.circuit.took(sender: "app", now: start) }
        for number in 0..<10 { #expect(stage.refute(sender: "app", domain: "d\(number).test") == nil) }
        #expect(stage.refute(sender: "app", domain: "last.test") != nil)
    }

    @Test("are forgotten after the window, and so are accepted messages")
    mutating func forgets() {
        for number in 0..<4 { _ = stage.refute(sender: "app", domain: "d\(number).test") }
        #expect(stage.refute(sender: "app", domain: "e.test", at: .seconds(301)) == nil)
        for _ in 0..<100 { stage.circuit.took(sender: "app", now: start + .seconds(301)) }
        for number in 0..<4 {
            #expect(stage.refute(sender: "app", domain: "f\(number).test", at: .seconds(700)) == nil)
        }
        #expect(stage.refute(sender: "app", domain: "g.test", at: .seconds(700)) != nil)
    }

    @Test("of one message count once, even with many recipients")
    mutating func once() {
        for number in 0..<100 {
            #expect(stage.refute(sender: "app", domain: "d\(number).test", message: 1) == nil)
        }
    }

    @Test("0 disables them")
    mutating func off() {
        stage = RefutationStage { $0.refutations = 0 }
        for number in 0..<100 { #expect(stage.refute(sender: "app", domain: "d\(number).test") == nil) }
    }

    @Test("of attempts from before the opening are ignored, and the opening starts a new count")
    mutating func old() {
        for number in 0..<5 { _ = stage.refute(sender: "app", domain: "d\(number).test") }
        let trial = start + .seconds(10)
        #expect(stage.circuit.admit(now: trial).admission == .trial)
        _ = stage.circuit.succeeded(now: trial, isTrial: true)
        for number in 0..<10 {
            #expect(
                stage.refute(sender: "app", domain: "e\(number).test", at: .seconds(11), began: .seconds(-1)) == nil)
        }
        for number in 0..<4 {
            #expect(stage.refute(sender: "app", domain: "f\(number).test", at: .seconds(12)) == nil)
        }
        #expect(stage.refute(sender: "app", domain: "g.test", at: .seconds(12)) != nil)
    }

    @Test("of the trial reopen a circuit that refutations had opened")
    mutating func trial() {
        for number in 0..<5 { _ = stage.refute(sender: "app", domain: "d\(number).test") }
        #expect(stage.circuit.admit(now: start + .seconds(10)).admission == .trial)
        #expect(stage.refute(sender: "app", domain: "x.test", at: .seconds(11)) == nil)
        let transition = stage.refute(sender: "app", domain: "y.test", at: .seconds(11), isTrial: true)
        #expect(
            transition?.summary
                == "halfOpen to open, 0 %: trial refused with \"554 5.7.1 Rejected: # listed at #\", and another upstream "
                + "took it")
        #expect(transition?.until == start + .seconds(31))
    }

    @Test("of the trial are no verdict if something else had opened the circuit")
    mutating func otherTrial() {
        _ = stage.circuit.failed(now: start, jitter: 0, .account)
        #expect(stage.circuit.admit(now: start + .seconds(10)).admission == .trial)
        let transition = stage.refute(sender: "app", domain: "y.test", at: .seconds(11), isTrial: true)
        #expect(transition?.summary == "halfOpen to open, 0 %: trial without a verdict")
        #expect(stage.circuit.admit(now: start + .seconds(11)).admission == .trial)
    }

    @Test("are forgotten when an operator resets the circuit")
    mutating func reset() {
        for number in 0..<4 { _ = stage.refute(sender: "app", domain: "d\(number).test") }
        _ = stage.circuit.reset(now: start)
        #expect(stage.refute(sender: "app", domain: "e.test") == nil)
    }
}

/// A circuit that receives refutations.
struct RefutationStage {
    var circuit: Circuit
    private var messages: Int64 = 1000

    init(_ change: (inout RefutationWindow.Settings) -> Void = { _ in }) {
        circuit = .example { change(&$0.refutations) }
    }

    /// - Parameters:
    ///   - message: nil for a new one.
    ///   - time: since the start; likewise `began`.
    mutating func refute(
        sender: String, domain: String, at time: Duration = .zero, message: Int64? = nil, isTrial: Bool = false,
        began: Duration? = nil
    ) -> CircuitTransition? {
        messages += 1
        let reply = Reply(
            554, EnhancedStatusCode(5, 7, 1), "Rejected: 192.0.2.\(messages % 250) listed at bl\(messages).example")
        let refutation = Refutation(
            reply, message: QueueID(rawValue: message ?? messages), domain: domain, sender: sender)
        let start = MonotonicInstant(nanoseconds: 0)
        return circuit.refuted(
            refutation, now: start + time, jitter: 0, isTrial: isTrial, began: began.map { start + $0 })
    }
}
