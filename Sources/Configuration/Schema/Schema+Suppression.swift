internal import Suppression

extension Schema {
    static let suppression = Section(
        "suppression",
        "Which addresses the relay suppresses by itself, and what becomes of mail to suppressed ones. Those that "
            + "operators suppress are in force without this.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "hard_bounces", \.suppression.hardBounces, .integer(0...1000),
                "An address is suppressed after this many messages failed because it does not exist; 0 for never."),
            .optional(
                "soft_bounces", \.suppression.softBounces, .integer(0...1000),
                "The same for a mailbox that is full or closed, within window; 0 for never."),
            .optional(
                "window", \.suppression.window, .duration(.seconds(60)...(.seconds(365 * 86400))),
                "Within which time soft bounces count together."),
            .optional(
                "expire", \.suppression.expire, .durationOrNone(.seconds(60)...(.seconds(3650 * 86400))),
                "How long such a suppression lasts; 0s for good."),
            .optional(
                "action", \.suppression.action, .word(SuppressionAction.self),
                "Mail to suppressed addresses is refused at RCPT, or is accepted and dropped, and nobody is told."),
        ])
}
