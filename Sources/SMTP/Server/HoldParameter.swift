internal import Mail

/// The values of HOLDFOR and HOLDUNTIL (RFC 4865 section 3).
enum HoldParameter {
    /// Seconds: one to nine digits, the first of which is not zero.
    static func interval(_ value: UnsafeRawBufferPointer) -> ReleaseRequest? {
        guard value.count <= 9, value.first != UInt8(ascii: "0"), let seconds = DecimalNumber.read(value) else {
            return nil
        }
        return .after(.seconds(seconds))
    }

    /// A date-time of RFC 3339 section 5.6, in any zone.
    static func moment(_ value: UnsafeRawBufferPointer) -> ReleaseRequest? {
        Timestamp(dateTime: value).map { .at($0) }
    }
}
