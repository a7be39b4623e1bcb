extension Schema {
    static let reload = Section(
        "reload", "When a changed relay.conf comes into force.", prototype: ConfigurationDraft(),
        keys: [
            .optional(
                "watch", \.reload.watch, .flag,
                "Whether a changed file is reloaded by itself, within seconds; otherwise on SIGHUP and by "
                    + "\"posthorse reload\" only.")
        ])
}
