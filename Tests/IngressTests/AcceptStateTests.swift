import Testing

@testable import Ingress

@Suite("Accepting connections")
struct AcceptStateTests {
    @Test("stops at its limit, resumes with the first end, and reports once until there is room to spare")
    func limit() {
        var state = AcceptState(limit: 16)
        for _ in 0..<16 {
            #expect(state.readWanted(totalIsFull: false) == nil)
            #expect(!state.isHeld)
            #expect(state.accepted(totalIsCalm: true) == nil)
        }
        #expect(state.readWanted(totalIsFull: false) == .paused("max_connections"))
        #expect(state.isHeld)
        for _ in 0..<5 {
            #expect(state.released(totalIsCalm: true) == nil)
            #expect(state.readWanted(totalIsFull: false) == nil)
            #expect(!state.isHeld)
            #expect(state.accepted(totalIsCalm: true) == nil)
            #expect(state.readWanted(totalIsFull: false) == nil)
            #expect(state.isHeld)
        }
        #expect(state.released(totalIsCalm: true) == nil)
        #expect(state.readWanted(totalIsFull: false) == nil)
        #expect(state.released(totalIsCalm: true) == .resumed)
    }

    @Test("stops at the total limit too")
    func total() {
        var state = AcceptState(limit: 16)
        #expect(state.readWanted(totalIsFull: true) == .paused("total_connections"))
        #expect(state.isHeld)
        #expect(state.readWanted(totalIsFull: false) == nil)
        #expect(!state.isHeld)
        #expect(state.accepted(totalIsCalm: false) == nil)
        #expect(state.released(totalIsCalm: true) == .resumed)
    }

    @Test("reports a lack of descriptors once, and its end with the next connection")
    func failure() {
        var state = AcceptState(limit: 16)
        #expect(state.failed("Too many open files") == .paused("Too many open files"))
        #expect(state.failed("Too many open files") == nil)
        #expect(state.accepted(totalIsCalm: true) == .resumed)
    }

    @Test("free slots wake waiting listeners once")
    func places() async {
        let places = ConnectionSlots(limit: 1)
        await confirmation(expectedCount: 1) { woken in
            #expect(!places.isFull { woken() })
            places.take()
            #expect(places.isFull { woken() })
            places.release()
            places.take()
            places.release()
            #expect(!places.isFull { woken() })
        }
    }
}
