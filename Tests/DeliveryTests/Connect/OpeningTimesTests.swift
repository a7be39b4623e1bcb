import Testing

@testable import Delivery

@Suite("How long an upstream needs to greet")
struct OpeningTimesTests {
    private var times = OpeningTimes(patience: .milliseconds(800), limit: .seconds(5))

    @Test("the patience is the configured one while nothing is known, or the greeting is fast")
    mutating func fast() {
        #expect(times.greetingPatience == .milliseconds(800))
        #expect(times.usual == .zero)
        times.opened(after: .milliseconds(500))
        #expect(times.greetingPatience == .milliseconds(800))
        #expect(!times.isSlow)
    }

    @Test("a slow greeting is given half as much again, within the limit")
    mutating func slow() {
        times.opened(after: .seconds(3))
        #expect(times.greetingPatience == .milliseconds(4500))
        #expect(times.isSlow)
        times.opened(after: .seconds(4))
        #expect(times.greetingPatience == .seconds(5))
    }

    @Test("a limit below the patience never shortens it")
    func shortLimit() {
        var times = OpeningTimes(patience: .milliseconds(800), limit: .milliseconds(300))
        times.opened(after: .seconds(3))
        #expect(times.greetingPatience == .milliseconds(800))
    }

    @Test("one fast greeting among slow ones changes nothing, five in a row do")
    mutating func forgets() {
        times.opened(after: .seconds(3))
        for _ in 0..<4 {
            times.opened(after: .milliseconds(10))
            #expect(times.isSlow)
        }
        times.opened(after: .milliseconds(10))
        #expect(!times.isSlow)
        #expect(times.longest == .milliseconds(10))
    }

    @Test("what stops answering is no longer known to be slow and well")
    mutating func fails() {
        times.failed(after: .seconds(1))
        times.opened(after: .seconds(3))
        times.failed(after: .milliseconds(800))
        #expect(times.greetingPatience == .milliseconds(4500), "this attempt had the shorter patience")
        times.failed(after: .milliseconds(4500))
        #expect(times.greetingPatience == .milliseconds(800))
        #expect(times.longest == nil)
    }
}
