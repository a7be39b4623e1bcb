import NIOCore
import Testing

@testable import posthorse

@Suite("Messages in one mbox")
struct MboxTests {
    private static let messages: [String] = [
        "Subject: a\r\n\r\nFrom here\r\n>From there\r\n>>From x\r\nFromage\r\n >From\r\n", "From the start\r\n",
        "no end",
        "ends with LF\n\n", "", ">", "From", "a\r\n>>>", "x\r\n\r\n",
    ]

    private static func file(_ messages: [String], step: Int) -> [UInt8] {
        messages.flatMap { message -> [UInt8] in
            var quoting = Mbox.Quoting()
            var octets = Array("From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n".utf8)
            let text = Array(message.utf8)
            for start in stride(from: 0, to: text.count, by: step) {
                octets += quoting.quote(text[start..<min(start + step, text.count)])
            }
            return octets + quoting.finish() + [0x0A]
        }
    }

    @Test("Every octet survives, however the file is split", arguments: [1, 2, 5, 4096])
    func roundTrip(step: Int) {
        let file = Self.file(Self.messages, step: step)
        var (splitting, found) = (Mbox.Splitting(), [[UInt8]]())
        for start in stride(from: 0, to: file.count, by: step) {
            found += splitting.take(ByteBuffer(bytes: file[start..<min(start + step, file.count)]))
        }
        found += splitting.finish()
        #expect(found.map { String(decoding: $0, as: UTF8.self) } == Self.messages)
    }

    @Test("A line that begins like a separator is quoted, and no other")
    func quoting() {
        let text = String(decoding: Self.file(["From a\r\nxFrom b\r\n>From c\r\n"], step: 3), as: UTF8.self)
        #expect(text == "From MAILER-DAEMON Thu Jan  1 00:00:00 1970\n>From a\r\nxFrom b\r\n>>From c\r\n\n")
    }
}
