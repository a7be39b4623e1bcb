/// What is wrong with an upstream for a while.
enum Weather: Hashable, Sendable {
    /// Nothing.
    case fine
    /// Nobody listens.
    case refuses
    /// Packets go nowhere.
    case ignores
    /// The same thing goes wrong each time, at one step.
    case broken(Phase, Misfortune)
    /// At every step, with this probability in percent, something goes wrong.
    case stormy(Int)
    /// Every reply comes late.
    case slow(Duration)
    /// Each message is told to come more slowly, with this probability in percent.
    case throttling(Int)
    /// The account is not wanted, at this step.
    case suspended(Phase)
    /// The account or the host is at fault, and the server says so for good in words that nobody knows.
    case mumbling(Phase)

    enum Phase: String, Hashable, Sendable, CaseIterable {
        case banner, ehlo, auth, mail, rcpt, data, dot
    }

    /// What goes wrong at a step.
    enum Misfortune: Hashable, Sendable {
        case hang
        case drop
        case late(Duration)
        /// A reply in place of the usual one.
        case reply(String)
        /// A reply that closes the connection.
        case farewell(String)
        /// After the final dot: the message is taken, and then the connection is dropped, or silent.
        case takenAndDrop, takenAndHang
    }

    /// Replies that mean nothing about message or recipient.
    static func trouble(at phase: Phase) -> [String] {
        switch phase {
        case .banner: ["554 5.3.2 no service", "421 4.3.2 too many connections"]
        case .ehlo: ["451 4.3.0 later", "502 5.5.1 what", "421 4.3.2 closing"]
        case .auth: ["535 5.7.8 no", "454 4.7.0 temporary authentication failure", "451 Maximum credits exceeded"]
        case .mail: ["451 4.3.0 later", "452 4.3.1 no room", "454 4.7.0 Throttling failure", "530 5.7.0 log in first"]
        case .rcpt: ["450 4.2.0 later", "451 4.7.1 greylisted"]
        case .data: ["451 4.3.0 later", "554 5.4.6 Too many hops"]
        case .dot: ["451 4.3.0 later", "452 4.3.1 no room", "554 5.4.6 mail loop detected"]
        }
    }

    /// What providers say where they do not want the account: codes that would mean something else without their texts.
    static func suspension(at phase: Phase, _ provider: String?) -> String {
        switch (phase, provider) {
        case (.auth, "sendgrid"): "451 Authentication failed: Maximum credits exceeded"
        case (.auth, _): "535 5.7.8 account suspended"
        case (.rcpt, "google"): "550 5.7.0 Mail relay denied"
        case (.rcpt, "sendgrid"): "550 Maximum credits exceeded"
        case (.dot, "ses"), (.data, "ses"): "554 Message rejected: Sending paused for this account"
        case (.dot, "sendgrid"), (.data, "sendgrid"): "550 Maximum credits exceeded"
        case (.dot, "resend"): "550 daily email quota exceeded"
        case (.mail, _): "554 5.7.1 sending paused for this account"
        case (.banner, _), (.ehlo, _), (.rcpt, _), (.data, _), (.dot, _): "421 4.7.0 account suspended"
        }
    }

    /// Refusals for good of which nobody can tell whom they are about.
    static let mumbles = [
        "550 5.7.1 mumble", "554 mumble mumble", "550 5.0.0 no mail like this here", "554 5.7.1 ask the management",
        "571 5.7.1 not this one",
    ]

    /// What providers say where they want less.
    static func complaint(at phase: Phase, _ provider: String?) -> String? {
        switch (phase, provider) {
        case (.mail, "ses"), (.dot, "ses"): "454 Throttling failure: Maximum sending rate exceeded"
        case (.rcpt, "google"): "450 4.2.1 Peak SMTP relay limit exceeded for customer"
        case (.dot, "resend"): "451 Too many requests"
        case (.mail, nil), (.mail, "google"), (.mail, "sendgrid"): "451 4.3.0 slow down"
        default: nil
        }
    }
}
