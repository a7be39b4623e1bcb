/// One to twenty digits.
enum DecimalNumber {
    /// Reads digits only; a number that does not fit into 63 bits becomes `Int.max`, which exceeds any limit.
    static func read(_ text: UnsafeRawBufferPointer) -> Int? {
        guard (1...20).contains(text.count), text.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        var sum = 0
        for digit in text {
            let (tens, overflow) = sum.multipliedReportingOverflow(by: 10)
            let (next, carry) = tens.addingReportingOverflow(Int(digit - 0x30))
            sum = overflow || carry || sum == .max ? .max : next
        }
        return sum
    }
}
