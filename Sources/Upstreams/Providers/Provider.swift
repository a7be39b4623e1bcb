/// A provider with known replies and header fields.
package struct Provider: Hashable, Sendable {
    /// Value of the key `provider` in relay.conf.
    package let name: String
    /// The provider's own name for itself.
    package let title: String
    /// Host names in lower case; `*` stands for any octets.
    package let hosts: [String]
    /// How a message is marked at hand-over; nil if the provider keeps no such mark.
    package let identity: IdentityMark?
    /// How many sessions it allows at a time, as far as it says so.
    package let connectionLimits: [ProviderConnectionLimit]
    /// In match order.
    package let rules: [ProviderRule]

    package init(
        name: String, title: String, hosts: [String], identity: IdentityMark? = nil,
        connectionLimits: [ProviderConnectionLimit] = [], rules: [ProviderRule]
    ) {
        self.name = name
        self.title = title
        self.hosts = hosts
        self.identity = identity
        self.connectionLimits = connectionLimits
        self.rules = rules
    }

    /// All known providers.
    package static let all: [Provider] = [
        .ses, .sendGrid, .mailgun, .postmark, .sparkPost, .brevo, .resend, .google, .microsoft365,
    ]

    /// Valid values of the key `provider`, besides `none`.
    package static let names: [String] = all.map(\.name)

    /// The value of the key `provider` that disables provider rules.
    package static let noneName = "none"

    package static func named(_ name: String) -> Provider? {
        all.first { $0.name == name }
    }

    /// The provider that a host belongs to, by its name.
    package static func recognised(host: String) -> Provider? {
        all.first { $0.hosts.match(host) }
    }

    /// The sessions that it allows a client of this host at a time; nil if it does not say.
    package func connections(host: String) -> Int? {
        connectionLimits.first { $0.hosts.match(host) }?.count
    }
}

extension [String] {
    /// Whether one of these patterns is for the host, with or without a dot at its end.
    fileprivate func match(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return contains { Glob($0).matches(name) }
    }
}

/// How many sessions a provider allows at a time, and its source.
package struct ProviderConnectionLimit: Hashable, Sendable {
    /// Host names in lower case; `*` stands for any octets.
    package let hosts: [String]
    package let count: Int
    /// The public page it is based on.
    package let page: String

    package init(_ count: Int, hosts: [String], page: String) {
        self.count = count
        self.hosts = hosts
        self.page = page
    }
}

/// The meaning of a provider's reply, and its source.
package struct ProviderRule: Hashable, Sendable {
    package let pattern: ReplyPattern
    package let scope: FailureScope
    package let action: FailureAction
    /// The public page it is based on.
    package let page: String

    package init(_ pattern: ReplyPattern, _ scope: FailureScope, _ action: FailureAction, page: String) {
        self.pattern = pattern
        self.scope = scope
        self.action = action
        self.page = page
    }

    package var verdict: Verdict { Verdict(rule: scope, action) }
}
