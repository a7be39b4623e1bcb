package import Mail

/// One moment, by both clocks.
package struct QuotaMoment: Hashable, Sendable {
    /// By the system's clock: days and months are people's.
    package let wall: Timestamp
    /// By the steady clock: nobody who sets the system's clock shortens a window.
    package let steady: Timestamp

    package init(wall: Timestamp, steady: Timestamp) {
        self.wall = wall
        self.steady = steady
    }

    /// What the system's clock will say then.
    func wall(of steady: Timestamp) -> Timestamp { wall + (steady - self.steady) }
}

/// Numbers the days and months of a time zone.
struct QuotaCalendar: Hashable, Sendable {
    let zone: TimeZoneRules

    func day(at wall: Timestamp) -> Int64 { zone.day(at: CivilDate.floor(wall.milliseconds, 1000)) }

    func month(at wall: Timestamp) -> Int64 { CivilDate(days: day(at: wall)).monthNumber }

    /// The first moment of the next period.
    ///
    /// - Parameter number: of the period at a moment; it grows with time.
    func end(after wall: Timestamp, _ number: (Timestamp) -> Int64) -> Timestamp {
        let present = number(wall)
        var step: Int64 = 3_600_000
        while number(wall.advanced(byMilliseconds: step)) <= present, step < 1 << 42 { step *= 2 }
        var (low, high) = (wall.milliseconds, wall.advanced(byMilliseconds: step).milliseconds)
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if number(Timestamp(milliseconds: middle)) > present { high = middle } else { low = middle }
        }
        return Timestamp(milliseconds: high)
    }
}
