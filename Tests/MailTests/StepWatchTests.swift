import Mail
import Testing

@Suite("Steps of the system's clock")
struct StepWatchTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    @Test(
        "a difference of half a second and more is a step, in either direction",
        arguments: [
            (499, nil), (500, 500), (-499, nil), (-500, -500), (6 * 86_400_000, 6 * 86_400_000),
            (-56 * 365 * 86_400_000, -56 * 365 * 86_400_000),
        ] as [(Int64, Int64?)])
    func step(milliseconds: Int64, expected: Int64?) {
        var watch = StepWatch(wall: Self.start, steady: Self.start)
        let steady = Self.start + .seconds(3600)
        let step = watch.look(wall: steady + .milliseconds(milliseconds), steady: steady)
        #expect(step == expected.map { .milliseconds($0) })
        #expect(watch.lead == .milliseconds(milliseconds))
    }

    @Test("a step is noticed once, and the step back as well")
    func thereAndBack() {
        var watch = StepWatch(wall: Self.start, steady: Self.start)
        #expect(watch.look(wall: Self.start + .seconds(600), steady: Self.start) == .seconds(600))
        #expect(watch.look(wall: Self.start + .seconds(601), steady: Self.start + .seconds(1)) == nil)
        #expect(watch.look(wall: Self.start + .seconds(2), steady: Self.start + .seconds(2)) == .seconds(-600))
        #expect(watch.lead == .zero)
    }

    @Test("a clock that drifts is followed, and drift never adds up to a step")
    func drift() {
        var watch = StepWatch(wall: Self.start, steady: Self.start)
        for second in 1...100 {
            let steady = Self.start + .seconds(second)
            #expect(watch.look(wall: steady + .milliseconds(20 * second), steady: steady) == nil)
        }
        #expect(watch.lead == .seconds(2))
    }

    @Test("a millisecond more or less is how the clocks are read, and moves nothing that is shown")
    func precision() {
        var watch = StepWatch(lead: .milliseconds(7))
        for lead in [8, 7, 6, 8, 7] {
            #expect(watch.look(wall: Self.start + .milliseconds(lead), steady: Self.start) == nil)
            #expect(watch.lead == .milliseconds(7))
        }
        #expect(watch.look(wall: Self.start + .milliseconds(9), steady: Self.start) == nil)
        #expect(watch.lead == .milliseconds(9))
    }

    @Test("clocks at the ends of time are compared as well", arguments: [Int64.min, Int64.max])
    func extremes(milliseconds: Int64) {
        var watch = StepWatch(wall: Self.start, steady: Self.start)
        let step = watch.look(wall: Timestamp(milliseconds: milliseconds), steady: Self.start)
        #expect(step.map { $0 < .zero } == (milliseconds < 0))
        #expect(watch.look(wall: Self.start, steady: Self.start).map { $0 < .zero } == (milliseconds > 0))
    }
}
