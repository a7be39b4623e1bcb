internal import Delivery

extension Schema {
    static let priority = Section(
        "priority",
        "Shares of the classes while mail of several waits at one upstream: of 21 messages 16 are high, 4 normal and "
            + "1 bulk. A high message that comes is next, or after one of each other class; no class starves.",
        prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "high", \.priority.high, .integer(1...1000), "Weight of the class high, at least that of normal."),
            .optional(
                "normal", \.priority.normal, .integer(1...1000), "Weight of the class normal, at least that of bulk."),
            .optional(
                "bulk", \.priority.bulk, .integer(1...1000),
                "Weight of the class bulk. Notices about mail that has failed or is late go in this class too."),
        ])
}
