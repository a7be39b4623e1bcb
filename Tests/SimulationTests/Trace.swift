import Mail

/// Everything that happened in a run, by time, for reading.
final class Trace {
    private let isKept: Bool
    private let timeline: Timeline
    private(set) var lines: [String] = []
    /// A number that differs between runs with any difference.
    private(set) var fingerprint: UInt64 = 14_695_981_039_346_656_037

    init(_ timeline: Timeline, isKept: Bool) {
        self.timeline = timeline
        self.isKept = isKept
    }

    func note(_ line: () -> String) {
        guard isKept else { return }
        let line = line()
        let milliseconds = timeline.now / 1_000_000
        let fraction = String(milliseconds % 1000 + 1000).dropFirst()
        lines.append("\(milliseconds / 1000).\(fraction) \(line)")
    }

    /// Mixes in that something happened now.
    func mix(_ value: UInt64) {
        for part in [UInt64(bitPattern: timeline.now), value] {
            fingerprint = (fingerprint ^ part) &* 1_099_511_628_211
        }
    }
}
