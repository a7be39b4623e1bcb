import Mail

/// The passwords of a run, as they are and as they travel.
struct Secrets {
    private let forms: [String]

    init(_ passwords: [String]) {
        forms = passwords.flatMap { password in
            [password, Self.encoded(password), Self.encoded("\0relay\0\(password)")]
        }
    }

    private static func encoded(_ text: String) -> String {
        Base64.encode(text.utf8)
    }

    /// The first secret that the text tells.
    func first(in text: String) -> String? { forms.first { text.contains($0) } }
}
