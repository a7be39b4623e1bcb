internal import Access
internal import Spool

extension Schema {
    static let admin = Section(
        "admin", "Who may ask the running relay, and where: the command line by a socket, programs by HTTP.",
        prototype: ConfigurationDraft(),
        keys: [
            .derived(
                "socket", \.adminSocket, .path("/run/posthorse/admin.sock"), from: "admin.sock in spool.path",
                example: RelayConfiguration.adminSocket(in: SpoolSettings().path),
                "Path of the Unix domain socket, mode 0600; at most 107 bytes."
            ).untilRestart,
            .derived(
                "socket_group", \.adminGroup, .group, from: "none", example: "operators",
                "Group whose members may use the socket too; its mode is 0660 then, and its directory lets them pass."
            ).untilRestart,
            .derived(
                "http", \.httpAddresses, .sources, from: "none: the API is at the socket only",
                example: [HostAndPort(host: "127.0.0.1", port: 8025)],
                "IP address and port where the API is served by HTTP to holders of a token, or a list; outside loopback "
                    + "it needs certificate."
            ).untilRestart,
            .optional(
                "certificate", \.http.certificates, .paths("/etc/posthorse/api.pem"),
                "PEM file with the certificate and its chain for http, or a list of such files; read again when they "
                    + "change."),
            .optional(
                "private_key", \.http.privateKeys, .paths("/etc/posthorse/api.key"),
                "PEM file with the key, or a list in the order of certificate; none if the keys are in those files."),
            .optional(
                "hosts", \.http.hosts, .hostNames,
                "Further names by which clients reach http; requests for any name but these, hostname, localhost and "
                    + "the address of the connection are refused."),
            .optional(
                "allow", \.http.allow, .networks, "Networks whose clients are answered; all others are refused."),
            .optional(
                "trusted_proxies", \.http.trustedProxies, .networks,
                "Networks of proxies: the client is the one they name in X-Forwarded-For."),
        ], parts: [Subsection(adminToken, \.http.tokens)])

    static let adminToken = Section(
        "admin.token", isList: true, isComment: true,
        "Who may use the API; one table for each. \"posthorse token create\" makes a token and its hash.",
        prototype: AccessToken(name: "", hash: ConfigurationDraft.exampleTokenHash, role: .read),
        keys: [
            .required(
                "name", \.name, .label, example: "monitoring", "Name in the log and in the audit log; unique."),
            .required(
                "hash", \.hash, .tokenHash, example: ConfigurationDraft.exampleTokenHash,
                "The second line of \"posthorse token create\"; the example matches no token."
            ).hidden,
            .optional(
                "role", \.role, .word(AccessRole.self),
                "\"read\" sees everything, \"send\" hands in mail by POST /v1/messages and nothing else, \"operate\" may "
                    + "do everything."),
            .derived(
                "user", \.user, .userName, from: "none; role \"send\" needs one", example: "app",
                "The [[user]] whose mail it hands in: with that user's limits, priority and route."),
        ])
}

extension ConfigurationDraft {
    /// A hash that no token is known to have.
    static let exampleTokenHash: TokenHash = {
        let text = "$sha256$" + String(repeating: "A", count: 43) + "="
        guard let hash = TokenHash(text: text) else { preconditionFailure("the example is a hash") }
        return hash
    }()
}
