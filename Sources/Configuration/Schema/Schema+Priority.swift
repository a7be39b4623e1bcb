internal import Delivery

extension Schema {
    static let priority = Section(
        "priority",
        "Shares of the classes, as weights, while mail of several waits at one upstream. A high message that comes is next, "
            + "or after one of each other class, and no class starves.",
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
