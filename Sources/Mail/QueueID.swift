/// The relay's identifier of an accepted message.
///
/// A positive 63-bit number that increases with acceptance time, so that rows keyed by it are appended at the end of
/// their table. Its text is 13 digits of Crockford's base 32 (no `I`, `L`, `O`, `U`), sorts like the number, and is
/// shown to operators, in logs and in the `X-Posthorse-ID:` header.
public struct QueueID: RawRepresentable, Hashable, Comparable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }

    /// Parses the text form, in upper or lower case; nil for anything but 13 digits within range.
    public init?(_ text: some StringProtocol) {
        guard text.utf8.count == Self.digits else { return nil }
        var value: UInt64 = 0
        for byte in text.utf8 {
            guard let digit = Self.value(of: byte) else { return nil }
            value = value << 5 | digit
        }
        guard value <= UInt64(Int64.max) else { return nil }
        self.rawValue = Int64(value)
    }

    public static func < (left: QueueID, right: QueueID) -> Bool {
        left.rawValue < right.rawValue
    }

    private static let digits = 13
    private static let alphabet: StaticString = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

    private static func value(of byte: UInt8) -> UInt64? {
        let upper = byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z") ? byte - 32 : byte
        return alphabet.withUTF8Buffer { $0.firstIndex(of: upper).map(UInt64.init) }
    }
}

extension QueueID {
    /// When it was made by the system's clock, in whole milliseconds; later if that was set back.
    public var madeAt: Timestamp { Timestamp(milliseconds: (rawValue >> 8) / 1000) }
}

extension QueueID: CustomStringConvertible, LosslessStringConvertible {
    public var description: String {
        String(unsafeUninitializedCapacity: Self.digits) { target in
            Self.alphabet.withUTF8Buffer { alphabet in
                var value = UInt64(bitPattern: rawValue)
                for index in stride(from: Self.digits - 1, through: 0, by: -1) {
                    target[index] = alphabet[Int(value & 31)]
                    value >>= 5
                }
            }
            return Self.digits
        }
    }
}

/// Generates increasing queue IDs; not thread-safe, so its owner must lock it.
public struct QueueIDGenerator: Sendable {
    /// 3079-02-08, for which an ID has room. A clock further ahead counts as this time: what is left of the numbers is
    /// for IDs that follow one another by 1.
    private static let latest: Int64 = 35_000_000_000_000
    private var last: Int64

    /// - Parameter last: the greatest ID in use, so that no ID repeats after the clock is set back.
    public init(after last: QueueID = QueueID(rawValue: 0)) {
        self.last = last.rawValue
    }

    /// The next ID: microseconds since 1970 in steps of 1/256, or one more than the last ID if that is greater.
    public mutating func next(at now: Timestamp) -> QueueID {
        last = max(last + 1, min(max(now.milliseconds, 0), Self.latest) * 1000 << 8)
        return QueueID(rawValue: last)
    }
}
