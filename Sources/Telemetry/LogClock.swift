internal import Mail

/// Formats times as RFC 3339; caches the part down to the second.
struct LogClock: Sendable {
    private var second: Int64?
    private var prefix: [UInt8] = []

    mutating func append(_ now: Timestamp, to buffer: inout LogBuffer) {
        let current = now.milliseconds >= 0 ? now.milliseconds / 1000 : (now.milliseconds + 1) / 1000 - 1
        if second != current {
            second = current
            prefix = Array(Timestamp(milliseconds: current * 1000).rfc3339.utf8.prefix(20))
        }
        prefix.withUnsafeBytes { buffer.append($0) }
        buffer.append(Int(now.milliseconds - current * 1000), width: 3)
        buffer.append(UInt8(ascii: "Z"))
    }
}
