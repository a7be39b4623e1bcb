internal import Mail
internal import Mailbox
internal import OAuth
internal import Probing
internal import RoundTrips
internal import SASL

extension Schema {
    static let roundTrip = Section(
        "round_trip", isList: true, isComment: true,
        "Probe messages that the relay sends and looks for in a mailbox: whether mail arrives, how fast, and where. One "
            + "table for each mailbox, at most 64. docs/round-trips.md has a first one.",
        prototype: RoundTripDraft(),
        keys: [
            .required("name", \.name, .label, example: "gmail", "Name in logs, metrics and commands; unique."),
            .derived(
                "upstreams", \.upstreams, .tripUpstreams, from: "all, or none with as_routed", example: .all,
                "Names of upstreams that probes are sent through, each with its own and through no other; \"*\" for "
                    + "all."),
            .optional(
                "as_routed", \.isAsRouted, .flag, "Whether probes also go through whichever upstream a route picks."),
            .derived(
                "sender", \.sender, .plainAddress, from: "from of [bounce], else posthorse at the relay's hostname",
                example: Address(unchecked: "probes@example.com"),
                "Envelope sender and From of probes: an address that your upstreams let you send with."),
            .derived(
                "recipient", \.recipient, .plainAddress, from: "username of the mailbox, if that is an address",
                example: Address(unchecked: "probe@gmail.com"),
                "Address whose mail ends in the mailbox; names the mailbox in what the relay says."),
            .optional(
                "every", \.every, .duration(TripSchedule.leastInterval...(.seconds(86400))),
                "Interval between the probes of each upstream."),
            .derived(
                "late_after", \.lateAfter, .duration(.milliseconds(100)...(.seconds(7 * 86400))),
                from: "1m, or missing_after if that is less", example: .seconds(60),
                "A probe that arrives longer than this after the upstream has taken it is late."),
            .optional(
                "missing_after", \.missingAfter, .duration(.seconds(1)...(.seconds(7 * 86400))),
                "A probe that has not arrived this long after the upstream has taken it is lost; one that no upstream has "
                    + "taken in this time has failed."),
            .optional(
                "missing_threshold", \.missingThreshold, .integer(1...100),
                "Probes in a row that make a verdict."),
            .optional(
                "action", \.action, .word(TripAction.self),
                "What follows when an upstream loses mail: somebody is told, or its share of the mail is reduced too, or "
                    + "its circuit is opened."),
        ], parts: [Subsection(table: mailbox, \.mailboxTable)])

    static let mailbox = Section(
        "round_trip.mailbox", isComment: true,
        "Where the probes of the preceding round trip are looked for.",
        prototype: MailboxDraft(),
        keys: [
            .optional("type", \.kind, .word(MailboxAccount.Kind.self), "Protocol; pop3 sees the inbox only."),
            .required(
                "address", \.address, .destination, example: HostAndPort(host: "imap.gmail.com", port: 993),
                "Host name or IP address of the server, and port."),
            .optional(
                "tls", \.tls, .word(MailboxSecurity.TLSUse.self),
                "No TLS, to servers on this machine only; STARTTLS (STLS) required; or TLS from the first byte (ports 993 "
                    + "and 995)."),
            .derived(
                "ca_file", \.caFile, .path("/etc/posthorse/ca.pem"), from: "the system's authorities",
                example: "/etc/posthorse/ca.pem", "PEM file with the authorities to trust instead."),
            .derived(
                "tls_name", \.tlsName, .certificateName, from: "the host of address", example: "imap.example.com",
                "Name or IP address that the certificate must be for."),
            .required(
                "username", \.username, .username, example: "probe@gmail.com",
                "User name there; needs one of the four keys below, or [round_trip.mailbox.oauth2]."),
            .derived(
                "password_file", \.passwordFile, .path("/etc/posthorse/mailbox-password"), from: "none",
                example: "/etc/posthorse/mailbox-password",
                "File with the password and nothing else but a line end; read for each session."),
            .derived(
                "password_credential", \.passwordCredential, .fileName, from: "none", example: "mailbox",
                "Name of a systemd credential (LoadCredential=) with the password."),
            .secret(
                "password", \.password, .password, example: .password([]),
                "Password from an environment variable; the password itself must not be written here."),
            .derived(
                "token_file", \.tokenFile, .path("/etc/posthorse/mailbox-token"), from: "none",
                example: "/etc/posthorse/mailbox-token",
                "File with an OAuth 2.0 access token, refreshed by another program; read for each session."),
            .optional(
                "folders", \.folders, .folders,
                "Folders to look into; [] is the inbox, and with imap also those that the server calls junk, archive or all "
                    + "mail."),
        ], parts: [Subsection(table: mailboxOAuth, \.oauth2)])
}
