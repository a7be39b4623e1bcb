/// The trouble an upstream has for a while.
enum Weather: Hashable, Sendable {
    /// Nothing.
    case fine
    /// Nobody listens.
    case refuses
    /// Packets are dropped.
    case ignores
    /// The same fault each time, at one step.
    case broken(Phase, Misfortune)
    /// A fault at every step, with this probability in percent.
    case stormy(Int)
    /// Every reply is late.
    case slow(Duration)
    /// Each message is asked to slow down, with this probability in percent.
    case throttling(Int)
    /// The account is refused, at this step.
    case suspended(Phase)
    /// The account or the host is at fault, and the server says so permanently in unknown words.
    case mumbling(Phase)

    enum Phase: String, Hashable, Sendable, CaseIterable {
        case banner, ehlo, auth, mail, rcpt, data, dot
    }

    /// The fault at a step.
    enum Misfortune: Hashable, Sendable {
        case hang
        case drop
        case late(Duration)
        /// A reply in place of the usual one.
        case reply(String)
        /// A reply that closes the connection.
        case farewell(String)
        /// After the final dot: the message is accepted, and then the connection is dropped, or silent.
        case takenAndDrop, takenAndHang
    }

    /// Replies without meaning for a message or recipient.
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

    /// Provider replies that refuse the account, with codes that would mean something else without their texts.
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

    /// Permanent refusals that do not say what they are about.
    static let mumbles = [
        "550 5.7.1 mumble", "554 mumble mumble", "550 5.0.0 no mail like this here", "554 5.7.1 ask the management",
        "571 5.7.1 not this one",
    ]

    /// Provider replies that ask for less mail.
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
