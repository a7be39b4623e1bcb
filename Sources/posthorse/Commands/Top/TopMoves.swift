import Console
import Mail

/// The last failovers and failbacks.
struct TopMoves {
    private static let most = 20

    private let moves: [TopMove]
    private let now: Timestamp

    init(_ moves: [TopMove], now: Timestamp) {
        (self.moves, self.now) = (moves, now)
    }

    /// Empty if there is nothing to show, or no room for it.
    func lines(room: Int) -> [TopLine] {
        guard room > 1, !moves.isEmpty else { return [] }
        return [TopLine("LAST FAILOVERS", .bold)] + moves.prefix(min(room - 1, Self.most)).map(line)
    }

    private func line(_ move: TopMove) -> TopLine {
        var line = TopLine()
        line.add(Quantity.age(since: move.at, now: now), .dim, columns: 4, isRight: true)
        line.add(" ago  ", .dim)
        line.add(move.upstream, columns: 16)
        let (words, colour) = Self.words(move.kind)
        line.add("  ")
        line.add(words, colour, columns: 11)
        line.add("  \(move.cause)")
        return line
    }

    private static func words(_ kind: TopMove.Kind) -> (String, Terminal.Colour) {
        switch kind {
        case .failedOver: ("failed over", .red)
        case .failedBack: ("came back", .green)
        case .disabled: ("taken out", .yellow)
        case .enabled: ("put back", .green)
        }
    }
}
