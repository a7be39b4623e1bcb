import Mail
import Testing
import Upstreams

@Suite("Identity marks")
struct IdentityTests {
    static let queueID = "01J9ZK3V7Q2AB"
    static let transactionKey = "01J9ZK3V7Q2AB-0123456789abcdef"

    @Test(
        "each provider's own field",
        arguments: [
            ("resend", ["Resend-Idempotency-Key: \(IdentityTests.transactionKey)"]),
            (
                "ses",
                [
                    "X-SES-MESSAGE-TAGS: posthorse-id=\(IdentityTests.queueID), posthorse-key=\(IdentityTests.transactionKey)"
                ]
            ),
            (
                "postmark",
                [
                    "X-PM-Metadata-posthorse-id: \(IdentityTests.queueID)",
                    "X-PM-Metadata-posthorse-key: \(IdentityTests.transactionKey)",
                ]
            ),
            (
                "mailgun",
                [
                    "X-Mailgun-Variables: {\"posthorse-id\":\"\(IdentityTests.queueID)\",\"posthorse-key\":\"\(IdentityTests.transactionKey)\"}"
                ]
            ),
            (
                "sparkpost",
                [
                    "X-MSYS-API: {\"metadata\":{\"posthorse-id\":\"\(IdentityTests.queueID)\",\"posthorse-key\":\"\(IdentityTests.transactionKey)\"}}"
                ]
            ),
            ("sendgrid", []), ("brevo", []), ("google", []), ("microsoft365", []),
        ])
    func fields(name: String, expected: [String]) throws {
        let provider = try #require(Provider.named(name))
        let fields = provider.identityFields(queueID: Self.queueID, key: Self.transactionKey)
        #expect(fields.map { "\($0.name): \($0.value)" } == expected)
    }

    @Test("the list of names covers the fields of all providers")
    func names() {
        for provider in Provider.all {
            for field in provider.identityFields(queueID: Self.queueID, key: Self.transactionKey) {
                #expect(Provider.identityFieldNames.contains(field.name.lowercased()))
                // RFC 5322 section 2.1.1, and no line that needs dot stuffing.
                #expect("\(field.name): \(field.value)".utf8.count < 998)
                #expect(!field.name.hasPrefix("."))
            }
        }
        #expect(Provider.identityFieldNames.count == 6)
    }

    @Test("the key identifies the message and these recipients, in any order")
    func key() {
        let id = QueueID(rawValue: 77)
        let key = IdentityKey.make(id, recipients: ["a@example.org", "b@example.org"])
        #expect(key == IdentityKey.make(id, recipients: ["b@example.org", "a@example.org"]))
        #expect(key != IdentityKey.make(id, recipients: ["a@example.org"]))
        #expect(key != IdentityKey.make(id, recipients: ["a@example.org", "c@example.org"]))
        #expect(key != IdentityKey.make(QueueID(rawValue: 78), recipients: ["a@example.org", "b@example.org"]))
        #expect(key.hasPrefix("\(id)-"))
    }

    @Test("every key has the same length")
    func length() {
        let id = QueueID(rawValue: 77)
        let keys = (0..<2000).map { IdentityKey.make(id, recipients: ["user\($0)@example.org"]) }
        #expect(Set(keys.map(\.utf8.count)) == [30])
        #expect(IdentityKey.placeholder(id).utf8.count == 30)
        #expect(Set(keys).count == keys.count)
    }

    @Test("the key is stable across versions of the relay")
    func pinned() {
        let key = IdentityKey.make(QueueID(rawValue: 1), recipients: ["a@example.org"])
        #expect(key == "0000000000001-435082b2a7de1208")
    }
}
