import Mail
import TestKit
import Testing

@testable import Delivery

@Suite("Messages of streams with a limit that were let through")
struct AdmittedMessagesTests {
    private func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }

    @Test("They are kept by stream, and none is there twice")
    func streams() {
        var admitted = AdmittedMessages()
        admitted.add([id(1), id(2), id(1)], of: "a")
        admitted.add([id(3)], of: "b")
        #expect(admitted.contains(id(1), of: "a") && !admitted.contains(id(1), of: "b"))
        #expect(admitted.counts == ["a": 2, "b": 1])
        #expect([1, 1, 3].map { admitted.remove(id($0), of: "a") } == [true, false, false])
        #expect(admitted.counts == ["a": 1, "b": 1])
    }

    @Test("They are removed whatever their stream, and a stream without any is forgotten")
    func removal() {
        var admitted = AdmittedMessages()
        admitted.add([1, 2, 3].map(id), of: "a")
        admitted.add([4, 5].map(id), of: "b")
        #expect(admitted.remove { $0.rawValue > 1 } == ["a": 2, "b": 2])
        #expect(admitted.counts == ["a": 1])
        #expect(admitted.remove { $0.rawValue > 1 }.isEmpty)
        #expect(admitted.remove(id(1), of: "a") && admitted.isEmpty)
    }
}
