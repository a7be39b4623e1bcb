import Foundation
import Testing

@Suite("posthorse explain")
struct ExplainTests {
    private let paused = "554 Message rejected: Sending paused for this account"

    private func run(_ arguments: [String], relayConf: String? = nil) throws -> Program {
        let directory = try TemporaryDirectory()
        if let relayConf {
            try relayConf.write(toFile: directory.path + "/relay.conf", atomically: true, encoding: .utf8)
        }
        return try Program.run(["explain"] + arguments, in: directory.path)
    }

    @Test("says which provider rule decides, and what would happen, without relay.conf")
    func provider() throws {
        let result = try run([paused, "--upstream", "ses", "--phase", "mail", "--verbose"])
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("reply    \(paused)\n"))
        #expect(result.output.contains("verdict  account, failover\n"))
        #expect(result.output.contains("rule     rule 6 for Amazon SES, text \"sending paused for this account\"\n"))
        #expect(result.output.contains("page     https://docs.aws.amazon.com/"))
        #expect(result.output.contains("circuit  The circuit opens at once"))
    }

    @Test("is short unless it is asked for more: the verdict, what follows, and the rule")
    func short() throws {
        let lines = try run([paused, "--upstream", "ses", "--phase", "mail"]).output.split(separator: "\n")
        #expect(lines.map { $0.prefix { $0 != " " } } == ["verdict", "so", "rule"])
        let later = try run(["552 Enough", "--phase", "rcpt"]).output.split(separator: "\n")
        #expect(later.map { $0.prefix { $0 != " " } } == ["verdict", "so", "then", "rule"])
    }

    @Test("words of the relay itself are nobody's reply")
    func ownWords() throws {
        let result = try run(["not sent: 554 5.6.3 ses does not accept binary content"])
        #expect(result.status == 64)
        #expect(
            result.errors.contains(
                "no upstream said \"554 5.6.3 ses does not accept binary content\": the relay did, and did not send"))
    }

    @Test("without an upstream the general table decides, about the final dot")
    func general() throws {
        let result = try run(["550 5.7.1 Message content rejected", "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        #expect(object?["source"] as? String == "general")
        #expect(object?["phase"] as? String == "dot")
        #expect(object?["scope"] as? String == "message")
        #expect(object?["action"] as? String == "fail")
        #expect(object?["opens_circuit"] as? Bool == false)
        #expect(object?["page"] is NSNull)
        #expect(object?["passing"] as? Bool == false)
        #expect(object?["action_after_recipient"] is NSNull)
        #expect(object?["rule"] as? String == "content-refused")
        #expect(object?["matched"] as? [String] == ["5yz", "content rejected"])
        #expect(object?["contradicted_by"] is NSNull)
        #expect(object?["class"] as? String == "content")
        #expect(object?["hard"] as? Bool == true)
        #expect(object?["bounce"] is NSNull)
        #expect(object?.count == 21)
    }

    @Test("names the row and the words that matched, not all the words of the row, and what speaks against a row")
    func words() throws {
        let result = try run(["550 5.1.1 User unknown: tenant locked", "--phase", "rcpt"])
        #expect(result.output.contains("rule     row recipient-refused of the general table, 5yz\n"))
        #expect(
            result.output.contains(
                "but      \"tenant\" speaks against row unknown-recipient, which would have failed it\n"))
        let virus = try run(["554 Virus found in the message"])
        #expect(
            virus.output.contains(
                "rule     row content-found of the general table, 5yz, text \"virus\" with \"found\"\n"))
        let json = try run(["550 5.1.1 User unknown: tenant locked", "--phase", "rcpt", "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["contradicted_by"] as? String == "tenant")
    }

    @Test(
        "an unknown refusal shows the outcome with another upstream and without one",
        arguments: [
            ("550 no", "If there is no other, it fails."), ("550 Queue is full", "it is retried on schedule"),
        ])
    func secondOpinion(reply: String, alone: String) throws {
        let result = try run([reply])
        #expect(result.output.contains("verdict  message, second_opinion\n"))
        #expect(result.output.contains("Another working upstream of the route"))
        #expect(result.output.contains(alone))
        let json = try run([reply, "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["passing"] as? Bool == alone.contains("retried"))
    }

    @Test("a code with another meaning after a recipient shows both")
    func afterRecipient() throws {
        let result = try run(["552 Enough", "--phase", "rcpt"])
        #expect(result.output.contains("verdict  recipient, second_opinion\n"))
        #expect(result.output.contains("then     Once the transaction has a recipient: recipient, next_transaction."))
        #expect(!(try run(["550 Enough", "--phase", "rcpt"])).output.contains("then "))
    }

    @Test("a code with another meaning after a message shows both")
    func afterMessage() throws {
        let result = try run(["452 4.3.2 Session limit reached", "--phase", "mail"])
        #expect(result.output.contains("verdict  account, fewer_sessions\n"))
        #expect(result.output.contains("then     Once the session has taken a message: transport, new_session."))
        let json = try run(["452 4.3.2 Session limit reached", "--phase", "mail", "--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        #expect(object?["action_after_message"] as? String == "new_session")
    }

    @Test(
        "wrong usage ends with 64",
        arguments: [["no code"], ["250 fine"], ["554 no", "--phase", "tea"], ["554 no", "--upstream", "sse"]])
    func usage(arguments: [String]) throws {
        let result = try run(arguments, relayConf: nil)
        #expect(result.status == (arguments.contains("sse") ? 78 : 64))
        #expect(result.output.isEmpty)
    }
}
