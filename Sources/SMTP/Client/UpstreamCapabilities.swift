package import Mail

/// What a server offered in its reply to EHLO (RFC 5321 section 4.1.1.1); empty after HELO.
package struct UpstreamCapabilities: Hashable, Sendable {
    /// RFC 2920.
    package var pipelining = false
    /// RFC 6152.
    package var eightBitMIME = false
    /// RFC 1870: the server knows the SIZE parameter.
    package var size = false
    /// RFC 1870: the most octets it takes; nil when it names no limit.
    package var maxSize: Int?

    package init() {}

    /// - Parameter reply: the positive reply to EHLO; its first line is the server's name.
    package init(ehlo reply: Reply) {
        for line in reply.lines.dropFirst() {
            add(line)
        }
    }

    private mutating func add(_ line: String) {
        let words = line.split(separator: " ")
        switch words.first?.uppercased() {
        case "PIPELINING":
            pipelining = true
        case "8BITMIME":
            eightBitMIME = true
        case "SIZE":
            size = true
            maxSize = words.dropFirst().first.flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
        default:
            break
        }
    }
}
