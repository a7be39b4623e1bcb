import NIOCore
import Testing

@testable import Admin
@testable import Telemetry

@Suite("A reader of events, as a value")
struct EventReaderTests {
    private static let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
    private typealias Standing = EventReader.Standing

    @Test("reads what there is, waits for more, and hears from time to time that the connection lives")
    func follows() {
        var reader = EventReader(from: 5, at: Self.start)
        #expect(reader.step(Standing(numbers: 1..<5, isWritable: true), at: Self.start) == .wait)
        #expect(reader.step(Standing(numbers: 1..<9, isWritable: true), at: Self.start) == .read(from: 5, limit: 9))
        let later = Self.start + .seconds(10)
        reader.advance(to: 9, isWritten: true, at: later)
        #expect(reader.step(Standing(numbers: 1..<9, isWritable: true), at: later) == .wait)
        #expect(
            reader.step(Standing(numbers: 1..<9, isWritable: true), at: Self.start + .seconds(15)) == .wait)
        let silent = later + .seconds(15)
        #expect(reader.step(Standing(numbers: 1..<9, isWritable: true), at: silent) == .heartbeat)
        reader.beat(at: silent)
        #expect(reader.step(Standing(numbers: 1..<9, isWritable: true), at: silent + .seconds(14)) == .wait)
    }

    @Test("events that it did not ask for are no sign of life")
    func passes() {
        var reader = EventReader(from: 5, at: Self.start)
        reader.advance(to: 9, isWritten: false, at: Self.start + .seconds(14))
        let standing = Standing(numbers: 1..<9, isWritable: true)
        #expect(reader.step(standing, at: Self.start + .seconds(15)) == .heartbeat)
    }

    @Test("ends where it was to end, though more has happened since")
    func ends() {
        var reader = EventReader(from: 5, upTo: 8, at: Self.start)
        #expect(reader.step(Standing(numbers: 1..<90, isWritable: true), at: Self.start) == .read(from: 5, limit: 8))
        reader.advance(to: 7, isWritten: true, at: Self.start)
        #expect(reader.step(Standing(numbers: 1..<90, isWritable: true), at: Self.start) == .read(from: 7, limit: 8))
        reader.advance(to: 8, isWritten: true, at: Self.start)
        #expect(reader.step(Standing(numbers: 1..<90, isWritable: true), at: Self.start) == .end)
        var empty = EventReader(from: 5, upTo: 5, at: Self.start)
        #expect(empty.step(Standing(numbers: 5..<5, isWritable: true), at: Self.start) == .end)
    }

    @Test("is dropped when the ring has passed it, whether it reads or not", arguments: [true, false])
    func behind(isWritable: Bool) {
        var reader = EventReader(from: 5, at: Self.start)
        let (there, gone) = (5..<20, 6..<20)
        let step = reader.step(Standing(numbers: there, isWritable: isWritable), at: Self.start)
        #expect(step == (isWritable ? .read(from: 5, limit: 20) : .wait))
        #expect(reader.step(Standing(numbers: gone, isWritable: isWritable), at: Self.start) == .drop(.behind))
    }

    @Test("is dropped when it takes nothing for 30 seconds, and not a moment earlier")
    func stalls() {
        var reader = EventReader(from: 5, at: Self.start)
        let blocked = Standing(numbers: 1..<20, isWritable: false)
        #expect(reader.step(blocked, at: Self.start) == .wait)
        #expect(reader.step(blocked, at: Self.start + .seconds(29)) == .wait)
        // It reads a little: the time begins anew.
        #expect(
            reader.step(Standing(numbers: 1..<20, isWritable: true), at: Self.start + .seconds(29))
                == .read(from: 5, limit: 20))
        #expect(reader.step(blocked, at: Self.start + .seconds(31)) == .wait)
        #expect(reader.step(blocked, at: Self.start + .seconds(60)) == .wait)
        #expect(reader.step(blocked, at: Self.start + .seconds(61)) == .drop(.stalled))
    }

    @Test("when it may have no more, it gets the end, or is cut off if it does not read")
    func revoked() {
        var reader = EventReader(from: 5, at: Self.start)
        func standing(_ isWritable: Bool) -> Standing {
            Standing(numbers: 1..<9, isWritable: isWritable, isAllowed: false)
        }
        #expect(reader.step(standing(false), at: Self.start) == .cut)
        #expect(reader.step(standing(true), at: Self.start) == .end)
    }

    @Test("when the relay ends, it gets the rest and the end, or is cut off if it does not read")
    func stops() {
        var reader = EventReader(from: 5, at: Self.start)
        func standing(_ isWritable: Bool) -> Standing {
            Standing(numbers: 1..<9, isWritable: isWritable, isStopping: true)
        }
        #expect(reader.step(standing(false), at: Self.start) == .cut)
        #expect(reader.step(standing(true), at: Self.start) == .read(from: 5, limit: 9))
        reader.advance(to: 9, isWritten: true, at: Self.start)
        #expect(reader.step(standing(true), at: Self.start) == .end)
    }
}
