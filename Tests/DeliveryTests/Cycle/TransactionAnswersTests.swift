import Mail
import SMTP
import Testing
import Upstreams

@testable import Delivery

@Suite("The answers of a transaction")
struct TransactionAnswersTests {
    private let ok = Reply(250, nil, "ok")
    private let no = Reply(550, EnhancedStatusCode(5, 1, 1), "no such user")
    private let full = Reply(452, nil, "no more of them")

    private func phases(_ result: TransactionResult) -> [OutcomePhase] {
        result.answers(for: [3, 5, 7], by: RuleBook()).map(\.phase)
    }

    @Test("of a whole accepted one are the same for everybody")
    func whole() {
        var result = TransactionResult(token: 1)
        result.dotReply = ok
        #expect(result.wholeReply == ok)
        let answers = result.answers(for: [3, 5, 7], by: RuleBook())
        #expect(answers.map(\.recipient) == [3, 5, 7])
        #expect(answers.allSatisfy { $0.phase == .dot && $0.verdict == nil })
    }

    @Test("are each recipient's own at RCPT, and the final reply's for accepted ones")
    func mixed() {
        var result = TransactionResult(token: 1)
        result.recipientRefusals = [.init(recipient: 1, reply: no)]
        result.dotReply = ok
        #expect(result.wholeReply == nil)
        let answers = result.answers(for: [3, 5, 7], by: RuleBook())
        #expect(answers.map(\.phase) == [.dot, .rcpt, .dot])
        #expect(answers[1].reply == no && answers[1].verdict?.action == .fail)
    }

    @Test("of a server at its limit depend on whether it accepted somebody before", arguments: [0, 1])
    func limit(refused: Int) {
        var result = TransactionResult(token: 1)
        result.recipientRefusals = [.init(recipient: refused, reply: full)]
        let answer = result.answers(for: [3, 5, 7], by: RuleBook())[refused]
        #expect((answer.verdict?.action == .nextTransaction) == (refused == 1))
    }

    @Test("of one that ended early are all the same")
    func early() {
        var result = TransactionResult(token: 1)
        result.mailRefusal = no
        #expect(phases(result) == [.mail, .mail, .mail])
        result.mailRefusal = nil
        result.dataRefusal = no
        #expect(phases(result) == [.data, .data, .data])
        result.dataRefusal = nil
        #expect(result.answers(for: [3], by: RuleBook())[0].reply.code == 451)
    }
}
