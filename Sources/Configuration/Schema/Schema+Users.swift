internal import Ingress
internal import Mail
internal import SASL

extension Schema {
    static let user = Section(
        "user", isList: true, isComment: true,
        "Who may log in, where a listener has auth; one table for each. relay.conf must then be readable by its owner only.",
        prototype: ConfigurationDraft.user,
        keys: [
            .required("name", \.name, .userName, example: "app", "As it is typed when logging in; unique."),
            .required(
                "password_hash", \.passwordHash, .passwordHash, example: ConfigurationDraft.exampleHash,
                "What \"posthorse hash-password\" prints for the password; the example is nobody's."),
            .derived(
                "priority", \.priority, .priority, from: "what the message asks for, else normal", example: .normal,
                "The class in which all mail of this user waits."),
            .derived(
                "max_rate", \.maxRate, .rate(1...1_000_000), from: "no limit",
                example: Rate(count: 100, per: .seconds(1)), "Most messages in a time."),
            .derived(
                "route", \.route, .label, from: "the first [[route]] that takes the mail", example: "bulk",
                "Name of the [[route]] of all mail of this user, whatever its conditions; \"default\" is the last one."),
        ])

    static let auth = Section(
        "auth", "What comes of logins that fail.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "max_failures", \.login.maxFailures, .integer(1...100_000),
                "So many failures within failure_window lock a client address out. So many for one user, from anywhere, "
                    + "lock this user out wherever a further login of theirs fails, and nowhere else."),
            .optional(
                "failure_window", \.login.failureWindow, .duration(.seconds(1)...(.seconds(7 * 86400))),
                "How long a failure counts."),
            .optional(
                "lockout", \.login.lockout, .duration(.seconds(1)...(.seconds(7 * 86400))),
                "How long nobody may log in from there."),
            .optional(
                "failure_delay", \.login.failureDelay, .duration(.zero...(.seconds(30))),
                "Wait before the reply to the first failure; doubled with each further one, three times."),
        ])
}

extension ConfigurationDraft {
    /// A hash that no password is known for: what is written in the example, and what a `[[user]]` starts from.
    static let exampleHash: PasswordHash = {
        let octets = String(repeating: "A", count: 43)
        let text = "$scrypt$ln=14,r=8,p=5$\(String(repeating: "A", count: 22))$\(octets)"
        do {
            return try PasswordHash(text: text)
        } catch {
            preconditionFailure("the example is a hash: \(error)")
        }
    }()

    /// What a `[[user]]` starts from; its name and hash must be given.
    static let user = UserSettings(name: "", passwordHash: exampleHash)
}
