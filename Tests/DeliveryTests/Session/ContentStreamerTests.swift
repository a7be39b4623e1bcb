import Mail
import NIOCore
import Spool
import Testing

@testable import Delivery

@Suite("The content streamer")
struct ContentStreamerTests {
    /// A position that nobody reads from.
    private final class Position: ContentReader, @unchecked Sendable {
        override func fromStart() -> ContentReader { Position(octets: octets) }
    }

    /// What a connection would have received, and what was requested on the way.
    private struct Transcript: Equatable {
        var sent = ""
        var writes: [Int] = []
        var reads = 0
        var end = ""
    }

    private func resident(_ parts: [String]) -> MessageContent {
        .resident(ResidentContent(parts: parts.map { ByteBuffer(string: $0) }, budget: MemoryBudget(limit: 1 << 30)))
    }

    private func stored(_ parts: [String]) -> MessageContent {
        .stored(Position(octets: parts.reduce(0) { $0 + $1.utf8.count }))
    }

    /// Runs a streamer to completion.
    private func run(
        _ content: MessageContent, form: TransactionPlan.Form = .asItCame(.sevenBit), size: Int = 0,
        front: String? = nil, parts: [String] = []
    ) -> Transcript {
        var streamer = ContentStreamer(content, form: form, size: size)
        var transcript = Transcript()
        var left = parts[...]
        var out = ByteBuffer()
        var step = streamer.start(front: front.map { ByteBuffer(string: $0) }, into: &out)
        while true {
            transcript.sent += out.readString(length: out.readableBytes) ?? ""
            switch step {
            case .write(let buffers):
                transcript.writes.append(buffers.count)
                for buffer in buffers { transcript.sent += String(buffer: buffer) }
                step = streamer.next(into: &out)
            case .read:
                #expect(streamer.isReading)
                transcript.reads += 1
                let part = ByteBuffer(string: left.removeFirst())
                step = streamer.partRead(ContentPart(bytes: part, isLast: left.isEmpty))
                #expect(!streamer.isReading)
            case .finish(let last):
                transcript.end = last.map { "finish \($0)" } ?? "finish"
                return transcript
            case .mismeasured:
                transcript.end = "mismeasured"
                return transcript
            }
        }
    }

    @Test("small resident content is copied after the commands, and written with its end")
    func small() {
        let transcript = run(resident(["a\r\n", "b\r\n"]), front: "I: 1\r\n")
        #expect(transcript == Transcript(sent: "I: 1\r\na\r\nb\r\n", end: "finish"))
    }

    @Test("empty content has an end", arguments: [TransactionPlan.Form.asItCame(.sevenBit), .downgraded])
    func empty(form: TransactionPlan.Form) {
        #expect(run(resident([]), form: form) == Transcript(end: "finish"))
    }

    @Test("large resident content goes in batches, each once the previous one is accepted")
    func batches() {
        let line = String(repeating: "x", count: (64 << 10) - 2) + "\r\n"
        let transcript = run(resident(Array(repeating: line, count: 5)), front: "I: 1\r\n")
        #expect(transcript.writes == [2, 2, 1])
        #expect(transcript.sent == "I: 1\r\n" + String(repeating: line, count: 5))
        #expect(transcript.end == "finish")
    }

    @Test("content at the limit is copied, and one octet more is not", arguments: [0, 1])
    func limit(more: Int) {
        let text = String(repeating: "x", count: ContentStreamer.copyLimit + more)
        #expect(run(resident([text])).writes == (more == 0 ? [] : [1]))
    }

    @Test("stored content is read part by part")
    func storedContent() {
        let parts = ["a\r\n", "b\r\n", "c\r\n"]
        let transcript = run(stored(parts), front: "I: 1\r\n", parts: parts)
        #expect(transcript == Transcript(sent: "I: 1\r\na\r\nb\r\nc\r\n", writes: [1, 1, 1], reads: 3, end: "finish"))
    }

    @Test("BDAT keeps its last octet to the end, and removes the dot stuffing", arguments: [true, false])
    func chunk(isStored: Bool) {
        let parts = ["..a\r\n", "b\r\n"]
        let content = isStored ? stored(parts) : resident(parts)
        let transcript = run(content, form: .asItCame(.binaryMIME), size: 7, parts: parts)
        #expect(transcript.sent == ".a\r\nb\r")
        #expect(transcript.end == "finish 10")
        if isStored {
            var streamer = ContentStreamer(content, form: .asItCame(.binaryMIME), size: 2)
            var out = ByteBuffer()
            _ = streamer.start(front: nil, into: &out)
            let part = ContentPart(bytes: ByteBuffer(string: "ab"), isLast: true)
            guard case .write(let written) = streamer.partRead(part) else {
                Issue.record("nothing was written")
                return
            }
            #expect(written.map { String(buffer: $0) } == ["a"])
        }
    }

    @Test("BDAT content longer or shorter than announced never ends", arguments: [2, 4])
    func mismeasured(size: Int) {
        for content in [resident(["abc"]), stored(["abc"])] {
            #expect(run(content, form: .asItCame(.binaryMIME), size: size, parts: ["abc"]).end == "mismeasured")
        }
    }

    @Test("8-bit content is made 7-bit, the same resident and stored, at every split")
    func downgraded() throws {
        let text = "Subject: t\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\ngrün\r\n"
        let whole = run(resident([text]), form: .downgraded)
        #expect(whole.sent.utf8.allSatisfy { $0 < 128 })
        #expect(whole.sent.contains("quoted-printable"))
        let octets = Array(text.utf8)
        // Parts of stored content are text here, so a split within a character is left out.
        for split in 1..<octets.count {
            guard let head = String(validating: octets[..<split], as: UTF8.self),
                let tail = String(validating: octets[split...], as: UTF8.self)
            else { continue }
            #expect(run(stored([head, tail]), form: .downgraded, parts: [head, tail]).sent == whole.sent)
            #expect(run(resident([head, tail]), form: .downgraded).sent == whole.sent)
        }
    }
}
