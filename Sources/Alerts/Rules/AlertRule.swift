/// One `[[alert]]` of relay.conf, or one that is on by default.
package struct AlertRule: Hashable, Sendable {
    /// Unique.
    package var name: String
    package var kind: AlertKind
    /// nil for that of the kind.
    package var above: AlertThreshold?
    /// How long it must hold before somebody is told; nil for that of the kind.
    package var hold: Duration?
    /// How long it must be over before that is told.
    package var clearHold = Duration.seconds(60)
    /// nil for that of the kind.
    package var severity: AlertSeverity?
    /// Names of those who are told; empty for the log only.
    package var notify: [String] = []
    /// How often it is told again while it holds; zero for never.
    package var again = Duration.seconds(86_400)
    /// Limits it to one upstream; nil for all.
    package var upstream: String?
    /// Limits it to one route; nil for all.
    package var route: String?
    /// Name of the only stream it is about, or a pattern; nil for all. With it, it is about no upstream.
    package var stream: String?
    /// Whether it is there without being written in relay.conf.
    package var isDefault = false

    package init(name: String, kind: AlertKind) {
        self.name = name
        self.kind = kind
    }

    package var threshold: AlertThreshold? { above ?? kind.threshold }
    package var holdTime: Duration { hold ?? kind.hold }
    package var weight: AlertSeverity { severity ?? kind.severity }
}
