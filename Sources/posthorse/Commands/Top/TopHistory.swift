/// The last readings, for rates and percentiles.
struct TopHistory {
    /// Seconds that percentiles are about, if there is a reading each second.
    private static let length = 30
    private var readings: [TopReading] = []

    mutating func add(_ reading: TopReading) {
        readings.append(reading)
        if readings.count > Self.length { readings.removeFirst() }
    }

    var last: TopReading? { readings.last }

    var rates: TopRates? {
        readings.last.map { TopRates(from: readings.dropLast().last, to: $0, past: readings.first) }
    }
}
