internal import Mail

/// What an event is known by: `19ac3f2d1e0-42`, a life of the relay and the event's number in it, counted from 1.
package struct EventID: Hashable, Sendable, CustomStringConvertible {
    /// When the relay began, in milliseconds, in hexadecimal digits.
    package struct Life: Hashable, Sendable, CustomStringConvertible {
        let number: UInt64

        init(_ start: Timestamp) {
            number = UInt64(bitPattern: start.milliseconds)
        }

        fileprivate init?(_ text: Substring) {
            guard (1...16).contains(text.utf8.count), text.utf8.allSatisfy(Self.isDigit),
                let number = UInt64(text, radix: 16)
            else { return nil }
            self.number = number
        }

        private static func isDigit(_ octet: UInt8) -> Bool {
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(octet)
                || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(octet)
        }

        package var description: String { String(number, radix: 16) }
    }

    package let life: Life
    package let number: Int

    package init(_ life: Life, _ number: Int) {
        self.life = life
        self.number = number
    }

    /// - Returns: nil for what no relay has given out.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let life = Life(parts[0]), (1...18).contains(parts[1].utf8.count),
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let number = Int(parts[1])
        else { return nil }
        self.init(life, number)
    }

    package var description: String { "\(life)-\(number)" }
}
