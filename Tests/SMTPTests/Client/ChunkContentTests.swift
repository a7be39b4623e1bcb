import NIOCore
import SMTP
import Testing

@Suite("Content for BDAT")
struct ChunkContentTests {
    private let wire = Array("X: y\r\n\r\n..dot\r\n.. \0\r..\n..\r\n\r\n...".utf8)
    private let meant = "X: y\r\n\r\n.dot\r\n. \0\r..\n..\r\n\r\n.."

    @Test("dots are unstuffed at every split, and the last octet is held back")
    func everySplit() throws {
        for first in 0...wire.count {
            for second in first...wire.count {
                var content = ChunkContent(size: meant.utf8.count)
                var sent = ""
                for part in [wire[..<first], wire[first..<second], wire[second...]] {
                    let octets = content.next(ByteBuffer(bytes: part))
                    sent += String(buffer: try #require(octets))
                    #expect(sent.utf8.count < meant.utf8.count)
                }
                #expect(sent + String(decoding: [try #require(content.last)], as: UTF8.self) == meant)
            }
        }
    }

    @Test("content longer than announced is not sent, and shorter content has no end")
    func wrongSize() {
        var long = ChunkContent(size: 3)
        #expect(long.next(ByteBuffer(string: "abc")) == ByteBuffer(string: "ab"))
        #expect(long.last == UInt8(ascii: "c"))
        #expect(long.next(ByteBuffer(string: "d")) == nil)
        var short = ChunkContent(size: 3)
        #expect(short.next(ByteBuffer(string: "ab")) == ByteBuffer(string: "a"))
        #expect(short.last == nil)
    }
}
