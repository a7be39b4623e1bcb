internal import Mail
internal import Spool

/// Whether the system's clock goes on as time does: one that was set ahead by mistake must not cost the history.
struct ClockWatch {
    private var lead: Int64?
    private var steadyFrom = Int64.min

    /// - Parameter pause: how long a clock that was set ahead is not believed.
    mutating func isSteady(_ moment: Timestamp, pause: Duration, at now: Int64 = Monotonic.now) -> Bool {
        let lead = moment.milliseconds - now / 1_000_000
        if let last = self.lead, lead - last > 60_000 { steadyFrom = now + pause.wholeNanoseconds }
        self.lead = lead
        return now >= steadyFrom
    }
}
