import TestKit

/// The only source of randomness in a run.
final class Chance {
    private var generator: SeededGenerator

    init(_ seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    func next() -> UInt64 { generator.next() }

    func number(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(generator.next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    func percent(_ likely: Int) -> Bool { number(0...99) < likely }

    /// In whole microseconds.
    func duration(_ range: ClosedRange<Duration>) -> Duration {
        .microseconds(number(Int(range.lowerBound.nanoseconds / 1000)...Int(range.upperBound.nanoseconds / 1000)))
    }

    func seconds(_ range: ClosedRange<Int>) -> Duration {
        .milliseconds(number(range.lowerBound * 1000...range.upperBound * 1000))
    }

    func one<Element>(of list: [Element]) -> Element { list[number(0...list.count - 1)] }
}
