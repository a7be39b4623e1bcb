/// A decimal number with a unit, `1.5s`, `50MiB`; shared by durations and sizes.
struct Quantity: Hashable, Sendable {
    let whole: Int
    /// The number in thousandths; at most three decimals.
    let thousandths: Int
    /// What follows the digits; may be empty.
    let unit: Substring

    init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let whole = Int(digits) else { return nil }
        var rest = text[digits.endIndex...]
        var fraction: Substring = ""
        if rest.first == "." {
            fraction = rest.dropFirst().prefix { $0.isASCII && $0.isNumber }
            guard (1...3).contains(fraction.count) else { return nil }
            rest = rest[fraction.endIndex...]
        }
        self.whole = whole
        self.thousandths = Int(fraction + String(repeating: "0", count: 3 - fraction.count)) ?? 0
        self.unit = rest.first == " " ? rest.dropFirst() : rest
    }

    /// The number times the size of a unit; nil if that is not a whole number or overflows.
    func times(_ size: Int) -> Int? {
        let (product, overflow) = whole.multipliedReportingOverflow(by: size)
        let (scaled, fractionOverflow) = thousandths.multipliedReportingOverflow(by: size)
        guard !overflow, !fractionOverflow, scaled % 1000 == 0 else { return nil }
        let (sum, sumOverflow) = product.addingReportingOverflow(scaled / 1000)
        return sumOverflow ? nil : sum
    }
}
