/// One to twenty digits.
enum DecimalNumber {
    /// Reads digits alone; what does not fit into 63 bits is `Int.max`, larger than any limit all the same.
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
