/// What a file or a variable of the environment holds as a secret: editors and `echo` add line ends, and some a byte order
/// mark, which belong to nobody's password.
package enum SecretText {
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The octets without a byte order mark in front, and without any line ends behind.
    package static func trimmed(_ octets: some Collection<UInt8>) -> [UInt8] {
        var secret = Array(octets)
        if secret.starts(with: mark) { secret.removeFirst(mark.count) }
        while let last = secret.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { secret.removeLast() }
        return secret
    }
}
