/// The parts of a secret that must not be shown anywhere.
enum SecretParts {
    private static let length = 6

    /// Each six letters in a row, in small letters.
    static func of(_ secret: String) -> [String] {
        let letters = Array(secret.lowercased())
        guard letters.count > length else { return [String(letters)] }
        return (0...letters.count - length).map { String(letters[$0..<$0 + length]) }
    }
}
