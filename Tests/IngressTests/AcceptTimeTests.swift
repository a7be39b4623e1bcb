import Mail
import NIOCore
import NIOEmbedded
import Spool
import TestKit
import Testing

@testable import Ingress

@Suite("The time from the end of the data to the 250")
struct AcceptTimeTests {
    private let accepts = Histogram([5_000, 40_000, 100_000])

    private func session(_ spool: FaultySpool) throws -> EmbeddedSession {
        try EmbeddedSession(spool: spool, accepts: accepts)
    }

    @Test("it ends with the commit, and the time for the content is none of it")
    func time() throws {
        let spool = FaultySpool()
        let session = try session(spool)
        try session.startData()
        session.eventLoop.advanceTime(by: .seconds(20))
        spool.setAutomatic(false)
        #expect(try session.send("Subject: x\r\n\r\nhello\r\n.\r\n").isEmpty)
        session.eventLoop.advanceTime(by: .milliseconds(40))
        #expect(accepts.reading.count == 0)
        spool.commit()
        session.eventLoop.run()
        #expect(try session.replies().hasPrefix("250 2.0.0 Ok: queued as "))
        #expect(accepts.reading == Histogram.Reading(counts: [0, 1, 0, 0], sum: 40_000))
        let told = session.events.compactMap { event -> Duration? in
            if case .accepted(_, _, _, _, _, _, let took) = event { took } else { nil }
        }
        #expect(told == [.milliseconds(40)])
    }

    @Test("messages of one commit count one by one")
    func several() throws {
        let session = try session(FaultySpool())
        try session.startData()
        for _ in 0..<3 {
            #expect(try session.send("hello\r\n.\r\n").contains("250 2.0.0"))
            try session.send("MAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
        }
        #expect(accepts.reading == Histogram.Reading(counts: [3, 0, 0, 0], sum: 0))
    }

    @Test("a message that is refused does not count")
    func refused() throws {
        let spool = FaultySpool()
        let session = try session(spool)
        try session.startData()
        spool.failNext(.accept, with: SpoolError(.full, "no room"))
        #expect(try session.send("hello\r\n.\r\n").hasPrefix("45"))
        #expect(accepts.reading.count == 0)
    }
}
