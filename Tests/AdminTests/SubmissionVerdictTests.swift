import HTTPTypes
import Mail
import Testing

@testable import Admin

@Suite("What a reply of SMTP means to a client of HTTP")
struct SubmissionVerdictTests {
    @Test(
        "each class has a status",
        arguments: [
            ("452 4.3.1 Insufficient storage, try again later", 503, nil),
            ("451 4.3.0 The message cannot be stored now, try again later", 503, nil),
            ("421 4.3.2 The relay is stopping, try again later", 503, nil),
            ("450 4.7.1 Too many messages of this user (user_message_rate), try again in 12 s", 429, 12),
            ("421 4.7.0 Too many new sessions from your address (client_connection_rate), try again in 3 s", 429, 3),
            ("451 4.3.2 Too many messages for this relay (total_message_rate), try again in 1 s", 429, 1),
            ("552 5.3.4 The message is larger than allowed", 413, nil),
            ("554 5.4.6 Too many hops: the message is in a loop", 422, nil),
            ("550 5.6.0 The message has a CR or LF alone; a line ends with CR LF", 422, nil),
            ("501 5.1.3 Bad syntax of the recipient address", 422, nil),
            ("554 5.6.0 This Idempotency-Key was used for another message", 422, nil),
            ("530 5.7.0 Authentication required", 403, nil),
        ])
    func status(reply: String, status: Int, wait: Int?) throws {
        let verdict = SubmissionVerdict(try #require(Reply(parsing: reply)))
        #expect(verdict.status.code == status && verdict.wait == wait)
        #expect(verdict.isTransient == (status == 503 || status == 429))
    }
}
