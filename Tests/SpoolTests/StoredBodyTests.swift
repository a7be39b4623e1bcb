import Mail
import Testing

@testable import Spool

@Suite("What is kept of a content's type")
struct StoredBodyTests {
    private func message(_ declared: BodyType, _ contained: BodyType?) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Timestamp(milliseconds: 0), sender: ReversePath(address: nil),
            body: declared, contained: contained, priority: .normal, messageID: "", origin: "", size: 0, recipients: [])
    }

    @Test("every pair that can be comes back", arguments: BodyType.allCases, BodyType.allCases)
    func roundTrip(declared: BodyType, contained: BodyType) {
        let stored = StoredBody(message(declared, contained))
        let again = StoredBody(column: stored.column)
        #expect(again.declared == declared)
        // Nothing but BINARYMIME admits what is binary.
        #expect(again.contained == (contained == .binaryMIME ? declared : contained))
    }

    @Test(
        "what an older release has stored needs what was declared",
        arguments: [(0, BodyType.sevenBit), (1, .eightBitMIME), (2, .binaryMIME), (99, .sevenBit), (-1, .sevenBit)])
    func older(column: Int, expected: BodyType) {
        let stored = StoredBody(column: column)
        #expect(stored.declared == expected)
        #expect(stored.contained == expected)
    }
}
