extension Double {
    /// The same with three significant digits, at most three decimals, and all digits before the point.
    package var roundedForReading: Double {
        let scale: Double = magnitude >= 100 ? 1 : magnitude >= 10 ? 10 : magnitude >= 1 ? 100 : 1000
        return (self * scale).rounded() / scale
    }
}
