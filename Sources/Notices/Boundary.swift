/// A delimiter that occurs in no part (RFC 2046 section 5.1.1).
enum Boundary {
    /// - Parameter name: letters and digits, at most 40.
    static func choose(for name: String, parts: [[UInt8]]) -> String {
        let stem = "=_posthorse_\(name)_"
        let taken = Set(parts.flatMap { numbers(after: Array("--\(stem)".utf8), in: $0) })
        var number = 1
        while taken.contains(number) { number += 1 }
        return "\(stem)\(number)="
    }

    /// The numbers with which lines of the part could be taken for delimiters of this stem.
    private static func numbers(after stem: [UInt8], in part: [UInt8]) -> [Int] {
        Lines(part).compactMap { line in
            guard line.starts(with: stem) else { return nil }
            let digits = line.dropFirst(stem.count).prefix { (0x30...0x39).contains($0) }.prefix(18)
            return Int(String(decoding: digits, as: UTF8.self))
        }
    }
}
