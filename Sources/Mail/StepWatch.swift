/// Notices that the system's clock has been set: compares what it says with the time that has passed.
///
/// A clock that is only corrected gradually is followed without a word.
public struct StepWatch: Sendable {
    /// A difference from here on is a step, below it the drift since the last look.
    public static let tolerance = Duration.milliseconds(500)

    /// Clocks that are read in whole milliseconds differ by one more or less from look to look: that is neither.
    public static let precision = Duration.milliseconds(1)

    /// How far the system's clock is ahead of the steady one; negative where it is behind.
    public private(set) var lead: Duration

    /// - Parameters:
    ///   - wall: what the system's clock says now.
    ///   - steady: what the clock says at the same moment that nobody can set.
    public init(wall: Timestamp, steady: Timestamp) {
        lead = wall - steady
    }

    /// - Parameter lead: as it was known before.
    public init(lead: Duration) {
        self.lead = lead
    }

    /// Compares the two clocks again.
    ///
    /// - Returns: by how much the system's clock has been set, forward if positive; nil if nobody has.
    public mutating func look(wall: Timestamp, steady: Timestamp) -> Duration? {
        let step = wall - steady - lead
        guard step > Self.precision || step < .zero - Self.precision else { return nil }
        lead = wall - steady
        return Self.isStep(step) ? step : nil
    }

    /// Whether a difference between two leads is a step.
    public static func isStep(_ difference: Duration) -> Bool {
        difference >= tolerance || difference <= .zero - tolerance
    }
}
