import Console
import Mail

/// The screen of `top` at one moment: a reading in, lines out. No line is wider than the screen, and there are no more of
/// them than fit: what matters less is left out first.
struct TopFrame {
    struct Size: Equatable {
        var width: Int
        /// Nil for as many lines as there are.
        var height: Int?
    }

    /// What is on the last line.
    enum Footer: Equatable {
        case none
        case keys(isPaused: Bool)
        /// The relay has not answered; the figures are those of before.
        case trouble(String)
    }

    let lines: [TopLine]

    init(_ reading: TopReading, _ rates: TopRates, place: String, size: Size, footer: Footer = .none) {
        let parts = Parts(
            head: TopHead(reading, rates, place: place, width: size.width),
            upstreams: TopUpstreams(reading.upstreams, rates, width: size.width),
            queue: TopQueue(reading, width: size.width), moves: TopMoves(reading.moves, now: reading.at))
        let end = Self.line(footer)
        let room = size.height.map { max(0, $0 - (end == nil ? 0 : 1)) }
        var lines = Array(parts.lines(room: room ?? .max).prefix(room ?? .max))
        if let end {
            if let room { lines += Array(repeating: TopLine(), count: max(0, room - lines.count)) }
            lines.append(end)
        }
        self.lines = lines.map { $0.clipped(to: size.width) }
    }

    private static func line(_ footer: Footer) -> TopLine? {
        switch footer {
        case .none: nil
        case .keys(let isPaused): TopLine(isPaused ? "paused   p go on   q quit" : "q quit   p pause", .dim)
        case .trouble(let text): TopLine(text, .red)
        }
    }

    func text(on terminal: Terminal) -> [String] { lines.map { $0.text(on: terminal) } }
}

extension TopFrame {
    /// What a frame is made of.
    private struct Parts {
        let head: TopHead
        let upstreams: TopUpstreams
        let queue: TopQueue
        let moves: TopMoves

        /// In order of importance: upstreams, the queue, why they fail, states, latency, ages, and what has moved.
        func lines(room: Int) -> [TopLine] {
            var left = room - 2 - upstreams.height(withErrors: false)
            let showsQueue = take(2, of: &left)
            let showsErrors = take(upstreams.errors, of: &left)
            let showsStates = take(queue.states.count, of: &left)
            let showsLatency = take(1, of: &left)
            let showsGap = take(1, of: &left)
            let showsAges = take(queue.ages.count, of: &left)
            let moved = moves.lines(room: left - 1)
            return [head.title, head.throughput] + (showsLatency ? [head.latency] : [])
                + (showsGap ? [TopLine()] : []) + upstreams.lines(withErrors: showsErrors)
                + (showsQueue ? [TopLine(), queue.head] : []) + (showsStates ? queue.states : [])
                + (showsAges ? queue.ages : [])
                + (moved.isEmpty ? [] : [TopLine()] + moved)
        }

        private func take(_ count: Int, of left: inout Int) -> Bool {
            guard left >= count else { return false }
            left -= count
            return true
        }
    }
}
