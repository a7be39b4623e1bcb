internal import History

extension Schema {
    static let history = Section(
        "history", "What is kept about mail that has left, for posthorse history.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "keep", \.history.keep, .durationOrNone(.seconds(60)...(.seconds(3650 * 86400))),
                "How long; 0s keeps nothing, and removes what was kept."),
            .optional(
                "max_bytes", \.history.maxOctets, .size((1 << 20)...Int.max),
                "The most it takes on disk, and at most a quarter of the file system; the oldest goes first."),
            .optional(
                "content", \.history.content, .flag,
                "Whether the messages themselves are kept too, for history show --content."),
            .optional(
                "addresses", \.history.addresses, .word(HistorySettings.Addresses.self),
                "As they are, or as hashes that only this relay can make; both are found by the address."),
        ])
}
