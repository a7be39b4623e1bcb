import Mail
import Testing

@Suite("Figures for reading")
struct ReadingTests {
    @Test(
        "have three significant digits, and no more than three decimals",
        arguments: [
            (4.368421052, 4.37), (0.0123456, 0.012), (12.5, 12.5), (43.68, 43.7), (436.8, 437), (12_345.6, 12_346),
            (0, 0),
            (1, 1),
        ])
    func rounded(value: Double, expected: Double) {
        #expect(value.roundedForReading == expected)
    }
}
