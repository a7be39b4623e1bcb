internal import Delivery
internal import Mail
internal import Upstreams

extension Schema {
    static let route = Section(
        "route", isList: true, isComment: true,
        "Which upstreams some of the mail goes to; one table for each, tried in order. A recipient takes the "
            + "first route whose conditions (sender, recipient, user, header) all hold. Mail that no route takes goes "
            + "to all upstreams in order, or to the last route if it is called \"default\" and has no conditions. At "
            + "most 256.",
        prototype: RouteSettings(name: ""),
        keys: [
            .required("name", \.name, .label, example: "bulk", "Name in logs, metrics and [[user]]; unique."),
            .derived(
                "sender", \.match.sender, .addressPattern, from: "any sender", example: "@news.example.com",
                "Envelope sender: a whole address, \"@domain\", \"@*.domain\" for its subdomains, or any "
                    + "pattern with \"*\"; case is ignored."),
            .derived(
                "recipient", \.match.recipient, .addressPattern, from: "any recipient", example: "@*.example.net",
                "Recipient, likewise; each recipient of a message has its own route."),
            .derived(
                "user", \.match.user, .userPattern, from: "any user, or none", example: "newsletter",
                "User who handed the message in; \"*\" is anyone who has logged in."),
            .derived(
                "header", \.match.header, .headerPattern, from: "any header", example: "X-Mail-Class: bulk*",
                "A header field and a pattern for its value, \"Name: pattern\"; the first field of that name "
                    + "counts, its first 256 bytes as they came. At most 32 different names."),
            .required(
                "upstreams", \.upstreams, .labels, example: ["primary"],
                "Names of upstreams, in order of priority for this route."),
            .optional(
                "mode", \.mode, .word(Route.Mode.self),
                "How a working upstream is chosen: the first, each in proportion to its weight, or the one with "
                    + "the fewest messages in flight by weight."),
            .optional(
                "failover_on_reject", \.failoverOnReject, .flag,
                "Whether a message whose content one upstream refuses is offered to another before it fails."
            ),
            .optional(
                "second_opinion", \.secondOpinion, .flag,
                "Whether mail that one upstream refuses for an unknown reason is offered to another before it "
                    + "fails."),
            .optional(
                "overflow", \.overflow, .word(Route.Overflow.self),
                "When mail moves on to the next upstream although this one works: never, when its rate is used "
                    + "up, or also while all its sessions are busy."),
            .derived(
                "last_resort", \.lastResort, .label, from: "none", example: "spare",
                "Name of an upstream that is used only while none of upstreams works."),
            .derived(
                "in_doubt", \.inDoubt, .word(InDoubtPolicy.self), from: "what the upstream has", example: .retrySame,
                "What follows a connection lost between the final dot and its reply: the same upstream again, "
                    + "the next one, or an operator decides."),
            .derived(
                "in_doubt_hold", \.inDoubtHold, .duration(.zero...(.seconds(30 * 86400))),
                from: "what the upstream has", example: .seconds(60),
                "How long a message stays in doubt before in_doubt decides."),
            .optional(
                "suppression", \.suppression, .flag,
                "Whether suppressed addresses get no mail of this route. Without it they do, as for mail that nobody can "
                    + "opt out of."),
            .derived(
                "stream", \.stream, .streamName, from: "the user, else the name of the route", example: "newsletter",
                "Stream of its mail that names none in X-Posthorse-Stream, and whose user has none. Mail that takes other "
                    + "routes cannot name it, unless it is also the user's."),
            .derived(
                "priority", \.priority, .priority, from: "what the message asks for, else normal", example: .bulk,
                "Queue class of the mail of this route, unless its user has one. A message has one class: that of its "
                    + "first recipient whose route has one."),
            .optional(
                "headers", \.headers, .addedFields,
                "Header fields, \"Name: value\", put in front of each message that has no field of that name, whatever "
                    + "upstream it goes to."),
        ])
}
