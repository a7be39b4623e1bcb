internal import Ingress
internal import Mail
internal import SASL

extension Schema {
    static let user = Section(
        "user", isList: true, isComment: true,
        "Who may log in where a listener has auth; one table for each. relay.conf must then be readable by its "
            + "owner only.",
        prototype: ConfigurationDraft.user,
        keys: [
            .required("name", \.name, .userName, example: "app", "User name as typed at login; unique."),
            .required(
                "password_hash", \.passwordHash, .passwordHash, example: ConfigurationDraft.exampleHash,
                "Output of \"posthorse hash-password\" for the password; the example matches no password."
            ).hidden,
            .derived(
                "priority", \.priority, .priority, from: "what its route has, else what it asks for",
                example: .normal,
                "Queue class of all mail of this user."),
            .derived(
                "max_rate", \.maxRate, .rate(1...1_000_000), from: "no limit",
                example: Rate(count: 100, per: .seconds(1)), "Rate limit for messages."),
            .derived(
                "route", \.route, .label, from: "the first [[route]] that takes the mail", example: "bulk",
                "Name of the [[route]] for all mail of this user, regardless of its conditions; \"default\" is "
                    + "the last one."),
            .derived(
                "stream", \.stream, .streamName, from: "that of the route, else the name", example: "shop",
                "Stream of the mail of this user that names none in X-Posthorse-Stream. No mail of others can name it, or the "
                    + "user, unless that is also theirs."),
            .derived(
                "senders", \.senders, .senders, from: "anybody", example: AllowedSenders.example,
                "As whom this user may send: the envelope sender and every address of From: must fit one of these."),
            .optional(
                "guard", \.guardMode, .word(GuardMode.self),
                "What happens to mail that is unusual for this user, whose password may be stolen: nothing, it is taken at "
                    + "the usual rate, or it is held until an operator has looked at it."),
        ])

    static let auth = Section(
        "auth", "What happens after failed logins.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "max_failures", \.login.maxFailures, .integer(1...100_000),
                "Failures within failure_window that lock a client address out. The same number for one user, "
                    + "from anywhere, locks that user out at each address from which a further login fails, and "
                    + "nowhere else."),
            .optional(
                "failure_window", \.login.failureWindow, .duration(.seconds(1)...(.seconds(7 * 86400))),
                "How long a failure counts."),
            .optional(
                "lockout", \.login.lockout, .duration(.seconds(1)...(.seconds(7 * 86400))),
                "Duration of the lockout."),
            .optional(
                "failure_delay", \.login.failureDelay, .duration(.zero...(.seconds(30))),
                "Delay of the reply to the first failure; doubled with each further one, up to eightfold."),
        ])
}

extension ConfigurationDraft {
    /// A hash no password is known for: used in the example and as the initial value of a `[[user]]`.
    static let exampleHash: PasswordHash = {
        let octets = String(repeating: "A", count: 43)
        let text = "$scrypt$ln=14,r=8,p=5$\(String(repeating: "A", count: 22))$\(octets)"
        do {
            return try PasswordHash(text: text)
        } catch {
            preconditionFailure("the example is a hash: \(error)")
        }
    }()

    /// Initial value of a `[[user]]`; its name and hash are required.
    static let user = UserSettings(name: "", passwordHash: exampleHash)
}
