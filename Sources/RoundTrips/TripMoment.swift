package import Mail

/// The present, by both clocks.
package struct TripMoment: Hashable, Sendable {
    /// By the system's clock, which other hosts' times are compared with.
    package let wall: Timestamp
    /// By the steady clock, which every wait is measured with: nobody who sets the system's clock makes a probe late.
    package let steady: Timestamp

    package init(wall: Timestamp, steady: Timestamp) {
        self.wall = wall
        self.steady = steady
    }

    /// What the system's clock, as it goes now, said or will say then.
    func wall(of steady: Timestamp) -> Timestamp { wall + (steady - self.steady) }

    /// When it was by the steady clock that the system's clock said this.
    func steady(of wall: Timestamp) -> Timestamp { steady + (wall - self.wall) }
}
