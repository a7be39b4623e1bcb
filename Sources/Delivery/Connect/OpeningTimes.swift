internal import Upstreams

/// How long an upstream is silent at most while its sessions are opened, up to where they accept mail; and the patience
/// that follows from it.
///
/// An upstream that is slow to greet and works is waited for: if its last openings took silences longer than `patience`
/// bears, the patience for the greeting is half as much again, within `connect_timeout`.
struct OpeningTimes {
    /// Openings that count.
    static let window = 5

    /// The configured patience.
    private var patience: Duration
    /// Its maximum.
    private var limit: Duration
    /// The longest silence of each of the last openings, oldest first.
    private var silences: [Duration] = []

    init(patience: Duration, limit: Duration) {
        self.patience = patience
        self.limit = limit
    }

    /// Other settings apply; what has been measured stays.
    mutating func replace(patience: Duration, limit: Duration) {
        self.patience = patience
        self.limit = limit
    }

    /// A session accepts mail; the longest of its silences before.
    mutating func opened(after silence: Duration) {
        if silences.count == Self.window { silences.removeFirst() }
        silences.append(silence)
    }

    /// It was silent for longer than it is known to need: it is no longer known to be slow and well.
    mutating func failed(after silence: Duration) {
        if let longest, silence > longest { silences.removeAll() }
    }

    /// The longest of the recent silences; nil before any.
    var longest: Duration? { silences.max() }

    /// What it needs, with a margin; zero before it is known.
    var usual: Duration { (longest ?? .zero) * 3 / 2 }

    /// The patience for the greeting, if the mail can go elsewhere.
    var greetingPatience: Duration { max(patience, min(usual, limit)) }

    /// Whether it is known to be slower to greet than `patience` bears.
    var isSlow: Bool { greetingPatience > patience }
}
