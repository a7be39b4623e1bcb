/// What a drill of lost mail plays with.
package struct LossSettings: Hashable, Sendable {
    package var every: Duration
    package var missingAfter: Duration
    package var missingThreshold: Int

    package init(every: Duration, missingAfter: Duration, missingThreshold: Int) {
        self.every = every
        self.missingAfter = missingAfter
        self.missingThreshold = missingThreshold
    }

    /// How soon an upstream that loses mail is left.
    package var limit: Duration { missingAfter + every * missingThreshold }

    /// How long each part is watched before the drill gives up.
    var patience: Duration { limit * 2 + .seconds(60) }
}
