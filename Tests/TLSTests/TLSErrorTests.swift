import Mail
import Testing

@testable import TLS

@Suite("A TLS error")
struct TLSErrorTests {
    @Test("reports the library's errors, and leaves the queue empty")
    func draining() {
        #expect(TLSError(draining: .cryptography, "nothing").causes.isEmpty)
        let error = TLSError(.badFile, "cannot read x.pem", causes: ["no start line"])
        #expect(error.description == "cannot read x.pem: no start line")
    }
}
