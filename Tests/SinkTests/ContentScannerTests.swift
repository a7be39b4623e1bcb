import Testing

@testable import Sink

/// Content as sent over the wire, and the scanner's expected result.
struct ContentCase: Sendable, CustomTestStringConvertible {
    let wire: String
    /// Unstuffed; nil if the content does not end.
    let content: String?
    var bareCR = 0
    var bareLF = 0
    var unstuffed = 0

    var testDescription: String { wire.debugDescription }

    static let all = [
        ContentCase(wire: ".\r\n", content: ""),
        ContentCase(wire: "a\r\n.\r\n", content: "a\r\n"),
        ContentCase(wire: "a: b\r\n\r\n..\r\n...\r\n..x\r\n.\r\n", content: "a: b\r\n\r\n.\r\n..\r\n.x\r\n"),
        ContentCase(wire: "a\r\n.x\r\n.\r\n", content: "a\r\nx\r\n", unstuffed: 1),
        ContentCase(wire: "a\n.\r\nb\r\n.\r\n", content: "a\n.\r\nb\r\n", bareLF: 1),
        ContentCase(wire: "a\n.\nb\r\n.\r\n", content: "a\n.\nb\r\n", bareLF: 2),
        ContentCase(wire: "a\r.\rb\r\n.\r\n", content: "a\r.\rb\r\n", bareCR: 2),
        ContentCase(wire: "a\r\n.\rb\r\n.\r\n", content: "a\r\n\rb\r\n", bareCR: 1, unstuffed: 1),
        ContentCase(wire: "a\r\r\n.\r\n", content: "a\r\r\n", bareCR: 1),
        ContentCase(wire: "a\r\n.\r\r\n.\r\n", content: "a\r\n\r\r\n", bareCR: 1, unstuffed: 1),
        ContentCase(wire: "a\r\n.\n.\r\n", content: nil, bareLF: 1, unstuffed: 1),
        ContentCase(wire: "a.\r\n", content: nil),
    ]
}

@Suite("The content scanner")
struct ContentScannerTests {
    @Test("finds the end and the violations at every split", arguments: ContentCase.all)
    func everySplit(_ sample: ContentCase) {
        let wire = Array(sample.wire.utf8)
        for cut in 0...wire.count {
            var scanner = ContentScanner(keepLimit: .max)
            let first = wire[..<cut].withUnsafeBytes { scanner.scan($0) }
            #expect(first.consumed == cut)
            var ended = first.ended
            if !ended { ended = wire[cut...].withUnsafeBytes { scanner.scan($0) }.ended }
            check(scanner, ended, sample)
        }
    }

    @Test("finds the same octet by octet", arguments: ContentCase.all)
    func octetByOctet(_ sample: ContentCase) {
        var scanner = ContentScanner(keepLimit: .max)
        var ended = false
        for octet in sample.wire.utf8 { ended = [octet].withUnsafeBytes { scanner.scan($0) }.ended }
        check(scanner, ended, sample)
    }

    @Test("leaves everything after the final dot alone")
    func pipelined() {
        var scanner = ContentScanner(keepLimit: 0)
        let result = Array("a\r\n.\r\nMAIL FROM:<>\r\n".utf8).withUnsafeBytes { scanner.scan($0) }
        #expect(result == (6, true))
    }

    @Test("keeps no more than the limit, and counts everything")
    func limit() {
        var scanner = ContentScanner(keepLimit: 4)
        _ = Array("..23456\r\n.\r\n".utf8).withUnsafeBytes { scanner.scan($0) }
        #expect(String(decoding: scanner.kept, as: UTF8.self) == ".234")
        #expect(scanner.size == 8)
    }

    private func check(_ scanner: borrowing ContentScanner, _ ended: Bool, _ sample: ContentCase) {
        #expect(ended == (sample.content != nil))
        #expect(scanner.violations.bareCR == sample.bareCR)
        #expect(scanner.violations.bareLF == sample.bareLF)
        #expect(scanner.violations.unstuffedDots == sample.unstuffed)
        guard let content = sample.content else { return }
        #expect(String(decoding: scanner.kept, as: UTF8.self) == content)
        #expect(scanner.size == content.utf8.count)
    }
}
