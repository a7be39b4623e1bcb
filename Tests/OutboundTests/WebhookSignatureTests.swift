import Mail
import Testing

@testable import Outbound

@Suite("Signatures of webhooks (Standard Webhooks)")
struct WebhookSignatureTests {
    /// The example of the specification's own libraries.
    @Test("The signature is that of the reference")
    func reference() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        let fields = try WebhookSignature.headers(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8),
            secrets: [secret])
        #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp", "webhook-signature"])
        #expect(fields[0].value == "msg_p5jXN8AQM9LWM0D4loKWxJek" && fields[1].value == "1614265330")
        #expect(fields[2].value == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("While a secret is replaced, each signs")
    func rotation() throws {
        let old = try WebhookSecret("whsec_" + Base64.encode([UInt8](repeating: 1, count: 24)))
        let new = try WebhookSecret("whsec_" + Base64.encode([UInt8](repeating: 2, count: 64)))
        let both = try WebhookSignature.headers(id: "a", timestamp: 1, body: [], secrets: [new, old])
        let first = try WebhookSignature.sign(id: "a", timestamp: 1, body: [], new)
        let second = try WebhookSignature.sign(id: "a", timestamp: 1, body: [], old)
        #expect(both[2].value == "\(first) \(second)" && first != second)
    }

    @Test("Without a secret, only the ID and the time are sent")
    func unsigned() throws {
        let fields = try WebhookSignature.headers(id: "a", timestamp: 1, body: [], secrets: [])
        #expect(fields.map(\.name) == ["webhook-id", "webhook-timestamp"])
    }

    @Test(
        "What is not a secret is refused without being shown",
        arguments: [
            ("hunter2", "does not begin with whsec_"), ("whsec_hunter2", "is not Base64"),
            ("whsec_aHVudGVyMg==", "has 7 octets, not 24 to 64"),
            ("whsec_" + Base64.encode([UInt8](repeating: 0, count: 65)), "has 65 octets"),
        ])
    func badSecrets(text: String, problem: String) {
        let error = #expect(throws: WebError.self) { try WebhookSecret(text) }
        #expect(error?.code == .secret && error?.message.contains(problem) == true)
        #expect(error?.message.contains("hunter2") == false)
    }

    @Test("A secret does not show itself")
    func description() throws {
        let secret = try WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
        #expect("\(secret)" == "whsec_...")
    }
}
