import Mail
import NIOCore
import NIOEmbedded
import TestKit
import Testing

@testable import Spool

@Suite("What an event loop tells the spool")
struct SpoolClientTests {
    /// What a client has heard, in order.
    private final class Heard {
        var words: [String] = []
    }

    private let loop = EmbeddedEventLoop()
    private let spool = FaultySpool(automatic: false)
    private let client: SpoolClient
    private let heard = Heard()

    init() {
        client = SpoolClient(spool: spool, eventLoop: loop)
        let heard = heard
        client.open(arrivals: true) { completions in
            heard.words.append("batch of \(completions.count)")
        }
    }

    private func message(recipients: Int = 1) -> QueueID {
        let id = spool.makeQueueID(at: Timestamp(milliseconds: 1))
        spool.insert(NewMessage.sample(id, [1]).message, content: ByteBuffer(bytes: [1]))
        return id
    }

    private func settlement(_ id: QueueID) -> Settlement {
        Settlement(id: id, recipients: [.sample(state: .deferred)], cycles: 1, attempt: nil)
    }

    private func hear(_ name: String) -> SpoolClient.Acknowledgement {
        { [heard] result in
            switch result {
            case .success: heard.words.append("\(name) durable")
            case .failure(let error): heard.words.append("\(name) \(error.code.rawValue)")
            }
        }
    }

    @Test("what is said in one tick goes to the spool once, in its order")
    func gathers() {
        let ids = [message(), message(), message()]
        for id in ids { client.add(.settle(settlement(id))) }
        #expect(spool.submissions == 0)
        loop.run()
        #expect(spool.submissions == 1)
        #expect(spool.operations.count == 3)
        client.add(.remove(ids[0]))
        loop.run()
        #expect(spool.submissions == 2)
        spool.commit()
        #expect(spool.messages.map(\.id) == Array(ids.dropFirst()))
    }

    @Test("flushing hands over at once, and leaves nothing for the end of the tick")
    func flushes() {
        let id = message()
        client.add(.settle(settlement(id)))
        client.flush()
        #expect(spool.submissions == 1)
        loop.run()
        client.flush()
        #expect(spool.submissions == 1)
    }

    @Test("an outcome is acknowledged after its commit, on the loop, and only where that was asked for")
    func acknowledges() {
        let ids = [message(), message(), message()]
        client.settle(settlement(ids[0]), done: hear("first"))
        client.add(.settle(settlement(ids[1])))
        client.remove(ids[2], done: hear("third"))
        loop.run()
        #expect(heard.words.isEmpty)
        spool.commit()
        #expect(heard.words.isEmpty)
        loop.run()
        #expect(heard.words == ["first durable", "third durable"])
    }

    @Test("acknowledgements and completions of one commit each come to who asked")
    func mixes() {
        let id = message()
        let attempt = OpenAttempt(upstream: "a", startedAt: Timestamp(milliseconds: 2), recipients: [0])
        client.add(.beginAttempt(id, attempt))
        client.settle(settlement(id), done: hear("outcome"))
        loop.run()
        spool.commit()
        loop.run()
        #expect(heard.words == ["outcome durable", "batch of 1"])
    }

    @Test("an outcome that cannot be written is told once, and is durable later without a word")
    func fails() {
        let id = message()
        spool.failNext(.settle, with: SpoolError(.full, "no space"))
        client.settle(settlement(id), done: hear("outcome"))
        loop.run()
        spool.commit()
        loop.run()
        #expect(heard.words == ["outcome full"])
        #expect(spool.messages.map(\.cycles) == [0])
        spool.commit()
        loop.run()
        #expect(heard.words == ["outcome full"])
        #expect(spool.messages.map(\.cycles) == [1])
    }

    @Test("a message that has gone, and a spool that is closed, are told")
    func refuses() async {
        client.settle(settlement(QueueID(rawValue: 99)), done: hear("gone"))
        client.flush()
        await spool.close()
        client.remove(QueueID(rawValue: 99), done: hear("late"))
        client.flush()
        spool.commit()
        loop.run()
        #expect(heard.words == ["gone missing", "late closed"])
    }

    @Test("messages are read as they are after what was said of them before")
    func loads() {
        let id = message()
        spool.setAutomatic(true)
        client.add(.remove(id))
        client.load([id]) { [heard] results in
            for case .missing(id) in results { heard.words.append("missing") }
        }
        #expect(heard.words.isEmpty)
        loop.run()
        #expect(heard.words == ["missing"])
    }

    @Test("streams have names of their own, with the port of the client")
    func streams() {
        let other = SpoolClient(spool: spool, eventLoop: loop)
        other.open(arrivals: false) { _ in }
        let streams = [client.makeStream(), client.makeStream(), other.makeStream(), other.makeStream()]
        #expect(Set(streams).count == 4)
        #expect(streams[0].port == streams[1].port && streams[1].port != streams[2].port)
    }
}
