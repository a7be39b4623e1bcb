internal import Mail

/// The bounces of one address so far. A message counts once.
package struct BounceTally: Hashable, Sendable {
    /// One bounce.
    private struct Mark: Hashable {
        let queueID: QueueID
        let at: Timestamp
    }

    private var hard: [Mark] = []
    private var soft: [Mark] = []

    package init() {}

    package var hardCount: Int { hard.count }
    package var softCount: Int { soft.count }

    /// Counts a bounce.
    ///
    /// - Returns: why the address is to be suppressed now; nil if it is not.
    package mutating func add(_ bounce: Bounce, _ settings: SuppressionSettings) -> SuppressionSource? {
        soft.removeAll { bounce.at - $0.at > settings.window }
        let mark = Mark(queueID: bounce.queueID, at: bounce.at)
        guard !(hard + soft).contains(where: { $0.queueID == bounce.queueID }) else { return nil }
        switch bounce.kind {
        case .hard:
            hard = (hard + [mark]).suffix(max(1, settings.hardBounces))
            return settings.hardBounces > 0 && hard.count >= settings.hardBounces ? .hardBounces : nil
        case .soft:
            soft = (soft + [mark]).suffix(max(1, settings.softBounces))
            return settings.softBounces > 0 && soft.count >= settings.softBounces ? .softBounces : nil
        }
    }

    // MARK: As text

    /// As it is stored: `h 0000000000001 1790000000000 s …`.
    package var text: String {
        (hard.map { Self.text("h", $0) } + soft.map { Self.text("s", $0) }).joined(separator: " ")
    }

    private static func text(_ kind: String, _ mark: Mark) -> String {
        "\(kind) \(mark.queueID) \(mark.at.milliseconds)"
    }

    /// Reads ``text``; what cannot be read is left out.
    package init(stored text: String) {
        let words = text.split(separator: " ")
        for start in stride(from: 0, to: words.count - 2, by: 3) {
            guard let id = QueueID(words[start + 1]), let at = Int64(words[start + 2]) else { continue }
            let mark = Mark(queueID: id, at: Timestamp(milliseconds: at))
            switch words[start] {
            case "h": hard.append(mark)
            case "s": soft.append(mark)
            default: break
            }
        }
    }
}
