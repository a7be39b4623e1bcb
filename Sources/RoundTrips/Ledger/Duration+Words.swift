internal import Mail

extension Duration {
    /// `250 ms`, `12 s`, `10 min`, `3 h`; rounded down.
    var inWords: String {
        switch wholeMilliseconds {
        case ..<10_000: "\(wholeMilliseconds) ms"
        case ..<600_000: "\(wholeMilliseconds / 1000) s"
        case ..<36_000_000: "\(wholeMilliseconds / 60_000) min"
        default: "\(wholeMilliseconds / 3_600_000) h"
        }
    }
}
