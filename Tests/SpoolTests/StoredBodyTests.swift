import Mail
import Testing

@testable import Spool

@Suite("Stored body types")
struct StoredBodyTests {
    private func message(_ declared: BodyType, _ contained: BodyType?) -> SpooledMessage {
        SpooledMessage(
            id: QueueID(rawValue: 1), receivedAt: Timestamp(milliseconds: 0), sender: ReversePath(address: nil),
            body: declared, contained: contained, priority: .normal, messageID: "", origin: "", size: 0, recipients: [])
    }

    @Test("every possible pair survives a round trip", arguments: BodyType.allCases, BodyType.allCases)
    func roundTrip(declared: BodyType, contained: BodyType) {
        let stored = StoredBody(message(declared, contained))
        let again = StoredBody(column: stored.column)
        #expect(again.declared == declared)
        // Only BINARYMIME admits binary content.
        #expect(again.contained == (contained == .binaryMIME ? declared : contained))
    }

    @Test(
        "a value stored by an older release needs the declared type",
        arguments: [(0, BodyType.sevenBit), (1, .eightBitMIME), (2, .binaryMIME), (99, .sevenBit), (-1, .sevenBit)])
    func older(column: Int, expected: BodyType) {
        let stored = StoredBody(column: column)
        #expect(stored.declared == expected)
        #expect(stored.contained == expected)
    }
}
