import Mail
import Mailbox
import Testing

@testable import Probing

@Suite("What a mailbox is remembered by")
struct MailboxMemoryTests {
    @Test("events come in order, whatever is put before them")
    func queue() {
        var queue = EventQueue<Int>()
        #expect(queue.popFirst() == nil)
        queue.append([1, 2, 3])
        #expect(queue.popFirst() == 1)
        queue.prepend(0)
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == [0, 2, 3, nil])
        #expect(queue.isEmpty)
    }

    @Test("of the probes found last, the oldest is forgotten")
    func recent() {
        var probes = RecentProbes()
        for mark in 0..<600 { probes.add(mark) }
        #expect(!probes.contains(87) && probes.contains(88) && probes.contains(599))
    }

    @Test("a message looks like a probe by its field or its Message-ID")
    func look() {
        func look(_ header: String) -> ProbeLook? { ProbeLook(Array(header.utf8)) }
        #expect(look("X-Posthorse-Probe: p1.a\r\n\r\n") != nil)
        #expect(look("Message-ID: <p1.a@b>\r\n\r\n") != nil)
        #expect(look("Message-ID:\r\n <p1.a@b>\r\n\r\n")?.mark == look("Message-ID: <p1.a@b>\r\n\r\n")?.mark)
        #expect(look("Message-ID: <xp1.a@b>\r\nSubject: p1.x\r\n\r\n") == nil)
    }
}
