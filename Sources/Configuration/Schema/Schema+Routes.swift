internal import Delivery
internal import Upstreams

extension Schema {
    static let route = Section(
        "route", isList: true, isComment: true,
        "Which upstreams some of the mail goes to; one table for each, asked in their order. A recipient goes the way of the "
            + "first route all of whose conditions hold: sender, recipient, user, header. What none takes goes to all upstreams in "
            + "their order, or to the last route where it is called \"default\" and has no conditions. 256 are the most.",
        prototype: RouteSettings(name: ""),
        keys: [
            .required("name", \.name, .label, example: "bulk", "How logs, metrics and [[user]] call it; unique."),
            .derived(
                "sender", \.match.sender, .addressPattern, from: "any sender", example: "@news.example.com",
                "The sender of the envelope: a whole address, \"@domain\", \"@*.domain\" for its subdomains, or any pattern "
                    + "with \"*\"; case does not count."),
            .derived(
                "recipient", \.match.recipient, .addressPattern, from: "any recipient", example: "@*.example.net",
                "The recipient, likewise; each recipient of a message has its own route."),
            .derived(
                "user", \.match.user, .userPattern, from: "any user, or none", example: "newsletter",
                "The user who handed the message in; \"*\" is everybody who has logged in."),
            .derived(
                "header", \.match.header, .headerPattern, from: "any header", example: "X-Mail-Class: bulk*",
                "A field and what its value must be, \"Name: pattern\"; the first field of the name counts, its first 256 "
                    + "octets as they came. 32 different names are the most."),
            .required(
                "upstreams", \.upstreams, .labels, example: ["primary"],
                "Names of upstreams, in the order of their priority for this route."),
            .optional(
                "mode", \.mode, .word(Route.Mode.self),
                "Which of those that work: the first, each in proportion to its weight, or the one with the fewest messages "
                    + "under way by weight."),
            .optional(
                "failover_on_reject", \.failoverOnReject, .flag,
                "Whether a message whose content one upstream refuses is shown to another before it has failed."
            ),
            .optional(
                "second_opinion", \.secondOpinion, .flag,
                "Whether what one upstream refuses for an unknown reason is shown to another before it has failed."),
            .optional(
                "overflow", \.overflow, .word(Route.Overflow.self),
                "When mail goes on to the next upstream although this one works: never, when its rate is used up, or also while "
                    + "all its sessions are busy."),
            .derived(
                "last_resort", \.lastResort, .label, from: "none", example: "spare",
                "Name of an upstream that is used only while none of upstreams works."),
            .derived(
                "in_doubt", \.inDoubt, .word(InDoubtPolicy.self), from: "what the upstream has", example: .retrySame,
                "After a connection lost between the final dot and its reply: same upstream, next one, or an operator."),
            .derived(
                "in_doubt_hold", \.inDoubtHold, .duration(.zero...(.seconds(30 * 86400))),
                from: "what the upstream has", example: .seconds(60),
                "How long a message stays in doubt before in_doubt decides."),
        ])
}
