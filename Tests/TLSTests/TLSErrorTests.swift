import Testing

@testable import TLS

@Suite("An error of TLS")
struct TLSErrorTests {
    @Test("says what the library had noted, and leaves the queue empty")
    func draining() {
        #expect(TLSError(draining: .cryptography, "nothing").causes.isEmpty)
        let error = TLSError(.badFile, "cannot read x.pem", causes: ["no start line"])
        #expect(error.description == "cannot read x.pem: no start line")
    }
}
