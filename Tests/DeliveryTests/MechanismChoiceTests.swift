import SASL
import Testing

@testable import Delivery

@Suite("The mechanism of the next login")
struct MechanismChoiceTests {
    private let all: [SASLMechanism] = [.scramSHA256Plus, .scramSHA256, .plain, .login]

    @Test("the strongest, and after its refusal the next, once")
    func next() {
        var choice = MechanismChoice()
        #expect(choice.first(of: [.plain, .login]) == .plain)
        #expect(choice.first(of: []) == nil)
        #expect(choice.refused(.plain, of: [.plain, .login], isFirst: true) == .login)
        #expect(choice.refused(.login, of: [.plain, .login], isFirst: false) == nil)
        // The account was to blame: everything starts anew.
        #expect(choice.first(of: [.plain, .login]) == .plain)
        #expect(choice.refused(.plain, of: [.plain], isFirst: true) == nil)
    }

    @Test("what worked after a refusal is the first choice from then on, while it works and is offered")
    func preferred() {
        var choice = MechanismChoice()
        #expect(choice.refused(.plain, of: [.plain, .login], isFirst: true) == .login)
        choice.worked(.login)
        #expect(choice.first(of: [.plain, .login]) == .login)
        #expect(choice.first(of: [.plain]) == .plain)
        #expect(choice.refused(.login, of: [.plain, .login], isFirst: true) == .plain)
        choice.worked(.plain)
        #expect(choice.first(of: [.plain, .login]) == .plain)
    }

    @Test("where the refusal closed the connection, the next session tries the other, and then the account is to blame")
    func acrossSessions() {
        var choice = MechanismChoice()
        #expect(choice.refused(.plain, of: [.plain, .login], isFirst: true) == .login)
        #expect(choice.first(of: [.plain, .login]) == .login)
        #expect(choice.refused(.login, of: [.plain, .login], isFirst: true) == nil)
    }

    @Test("sessions that run side by side try no more than two each")
    func parallel() {
        var choice = MechanismChoice()
        for _ in 0..<2 { #expect(choice.refused(.plain, of: [.plain, .login], isFirst: true) == .login) }
        for _ in 0..<2 { #expect(choice.refused(.login, of: [.plain, .login], isFirst: false) == nil) }
    }

    /// RFC 5802 section 6.
    @Test("SCRAM without binding does not follow SCRAM with it, unless there is nothing else")
    func scram() {
        var choice = MechanismChoice()
        #expect(choice.refused(.scramSHA256Plus, of: all, isFirst: true) == .plain)
        #expect(choice.first(of: all) == .plain)
        var only = MechanismChoice()
        #expect(only.refused(.scramSHA256Plus, of: [.scramSHA256Plus, .scramSHA256], isFirst: true) == .scramSHA256)
    }
}
