/// Secrets read from a file or an environment variable: editors and `echo` add line ends, and some a byte order mark,
/// which are not part of the secret.
package enum SecretText {
    private static let mark: [UInt8] = [0xEF, 0xBB, 0xBF]

    /// The octets without a leading byte order mark and trailing line ends.
    package static func trimmed(_ octets: some Collection<UInt8>) -> [UInt8] {
        var secret = Array(octets)
        if secret.starts(with: mark) { secret.removeFirst(mark.count) }
        while let last = secret.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: "\r") { secret.removeLast() }
        return secret
    }
}
