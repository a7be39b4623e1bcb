internal import Mail
internal import Upstreams

extension Schema {
    static let pace = Section(
        "pace", isList: true, isComment: true,
        "How fast mail may go to a recipient domain, over all upstreams; for each domain the first table that fits decides. A "
            + "family counts as one domain, and each domain that a pattern fits has a rate of its own. At most 256.",
        prototype: ConfigurationDraft.pace,
        keys: [
            .required(
                "domain", \.subjects, .paceSubjects, example: ConfigurationDraft.pace.subjects,
                "One or several domains, patterns, or families of domains behind one provider."),
            .derived(
                "max_rate", \.maxRate, .rate(1...1_000_000), from: "no limit",
                example: Rate(count: 20, per: .seconds(1)), "Recipients in a given time."),
            .derived(
                "max_connections", \.maxConnections, .integer(1...1000), from: "no limit", example: 10,
                "Messages that upstreams may have at a time."),
            .optional(
                "adaptive", \.isAdaptive, .flag,
                "Whether replies that ask for less lower the rate, which grows back while mail is taken."),
        ])
}

extension ConfigurationDraft {
    /// Initial value of a `[[pace]]`, whose domain is required; also the example.
    static let pace = PaceSettings([.family(.google)])
}
