import Mail
import TestKit
import Testing

@testable import Delivery

@Suite("Messages of streams that stand still")
struct RestingMessagesTests {
    private func id(_ number: Int64) -> QueueID { QueueID(rawValue: number) }
    private func time(_ seconds: Int64) -> Timestamp { Timestamp(milliseconds: 1000 * seconds) }

    @Test("They go in the order they came, stream by stream")
    func order() {
        var resting = RestingMessages()
        for number in 1...3 {
            resting.add(id(Int64(number)), of: "a", rank: MessageRank(.normal), deadline: nil)
            resting.add(id(Int64(number + 10)), of: "b", rank: MessageRank(.bulk), deadline: time(50))
        }
        #expect(resting.count == 6 && resting.count(of: "a") == 3 && resting.contains(id(12)))
        #expect(resting.release("a", most: 2).map(\.id) == [id(1), id(2)])
        #expect(resting.release("a", most: 9).map(\.id) == [id(3)])
        #expect(resting.streams == ["b"] && resting.count == 3)
    }

    @Test("One that has been here before goes before those that came later")
    func again() {
        var resting = RestingMessages()
        for number: Int64 in [3, 7, 9, 1, 8, 4] {
            resting.add(id(number), of: "a", rank: MessageRank(.normal), deadline: nil)
        }
        #expect(resting.release("a", most: .max).map(\.id.rawValue) == [1, 3, 4, 7, 8, 9])
    }

    @Test("A high message goes before waiting bulk of its stream, and by other weights bulk is not far behind")
    func classes() {
        var resting = RestingMessages()
        for number in Int64(1)...100 { resting.add(id(number), of: "a", rank: MessageRank(.bulk), deadline: nil) }
        resting.add(id(200), of: "a", rank: MessageRank(.high), deadline: nil)
        #expect(resting.release("a", most: 2).map(\.id).contains(id(200)))
        var weights = ClassWeights()
        (weights.high, weights.normal) = (1, 1)
        resting.replace(weights)
        for number in Int64(300)..<400 { resting.add(id(number), of: "a", rank: MessageRank(.high), deadline: nil) }
        let released = resting.release("a", most: 20).map(\.id.rawValue)
        #expect((9...11).contains(released.count { $0 < 200 }), "\(released)")
        #expect(resting.count == 179 && resting.count(of: "a") == 179)
    }

    @Test("They are looked at when their time is over, and no other is")
    func overdue() {
        var resting = RestingMessages()
        resting.add(id(1), of: "a", rank: MessageRank(.high), deadline: time(100))
        resting.add(id(2), of: "a", rank: MessageRank(.normal), deadline: time(200))
        resting.add(id(3), of: "b", rank: MessageRank(.normal), deadline: nil)
        #expect(resting.nextDeadline == time(100))
        #expect(resting.takeOverdue(at: time(99)).isEmpty)
        let overdue = resting.takeOverdue(at: time(150))
        #expect(overdue.map(\.id) == [id(1)] && overdue.map(\.rank.priority) == [.high])
        #expect(resting.nextDeadline == time(200) && resting.count == 2)
    }

    @Test("They are looked through once a second at most, and not again for what has gone")
    func sweeps() {
        var resting = RestingMessages()
        for number in Int64(1)...5 {
            let deadline = Timestamp(milliseconds: 10_000 + number)
            resting.add(id(number), of: "a", rank: MessageRank(.bulk), deadline: deadline)
        }
        #expect(resting.takeOverdue(at: Timestamp(milliseconds: 10_001)).map(\.id) == [id(1)])
        #expect(resting.nextDeadline == Timestamp(milliseconds: 11_001))
        #expect(resting.takeOverdue(at: Timestamp(milliseconds: 10_005)).isEmpty)
        #expect(resting.takeOverdue(at: Timestamp(milliseconds: 11_001)).count == 4)
        resting.add(id(6), of: "a", rank: MessageRank(.bulk), deadline: time(20))
        resting.add(id(7), of: "a", rank: MessageRank(.bulk), deadline: time(90))
        #expect(resting.release("a", most: 1).map(\.id) == [id(6)])
        #expect(resting.takeOverdue(at: time(20)).isEmpty && resting.nextDeadline == time(90))
    }

    @Test("An operator can take them out")
    func remove() {
        var resting = RestingMessages()
        for number in 1...4 { resting.add(id(Int64(number)), of: "a", rank: MessageRank(.bulk), deadline: nil) }
        #expect(resting.remove(id(2)) == MessageRank(.bulk))
        #expect(resting.remove(id(2)) == nil)
        #expect(resting.remove([id(1), id(4), id(9)]) == [id(1): MessageRank(.bulk), id(4): MessageRank(.bulk)])
        #expect(resting.release("a", most: .max).map(\.id) == [id(3)])
        #expect(resting.count == 0)
    }

    @Test("It agrees with a list", arguments: UInt64(1)...30)
    func model(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var resting = RestingMessages()
        var model: [(id: Int64, stream: String, deadline: Int64)] = []
        for number in Int64(1)...400 {
            switch Int.random(in: 0..<6, using: &generator) {
            case 0:
                let stream = Bool.random(using: &generator) ? "a" : "b"
                let most = Int.random(in: 0...5, using: &generator)
                let expected = model.filter { $0.stream == stream }.prefix(most).map(\.id)
                #expect(resting.release(stream, most: most).map(\.id.rawValue) == expected, "seed \(seed)")
                model.removeAll { expected.contains($0.id) }
            case 1:
                let now = Int64.random(in: 0...number, using: &generator)
                let expected = Set(model.filter { $0.deadline <= now }.map(\.id))
                #expect(Set(resting.takeOverdue(at: time(now)).map(\.id.rawValue)) == expected, "seed \(seed)")
                model.removeAll { expected.contains($0.id) }
            case 2:
                let ids = Set((0..<10).map { _ in id(Int64.random(in: 1...1400, using: &generator)) })
                let expected = Set(model.map(\.id)).intersection(ids.map(\.rawValue))
                #expect(Set(resting.remove(ids).keys.map(\.rawValue)) == expected, "seed \(seed)")
                model.removeAll { expected.contains($0.id) }
            case _:
                let stream = Bool.random(using: &generator) ? "a" : "b"
                let deadline = number + Int64.random(in: 1...100, using: &generator)
                // Now and then an old one comes back.
                let own = Int.random(in: 0..<4, using: &generator) == 0 ? 1000 - number : number + 1000
                resting.add(id(own), of: stream, rank: MessageRank(.normal), deadline: time(deadline))
                model.insert((own, stream, deadline), at: model.firstIndex { $0.id > own } ?? model.count)
            }
            #expect(resting.count == model.count, "seed \(seed)")
            #expect((resting.nextDeadline == nil) == model.isEmpty, "seed \(seed)")
            let first = model.map(\.deadline).min().map(time)
            #expect(resting.nextDeadline ?? time(0) <= first ?? time(0), "seed \(seed)")
        }
    }
}
