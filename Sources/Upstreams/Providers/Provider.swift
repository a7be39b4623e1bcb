/// A provider whose replies, and whose own header fields, are known.
package struct Provider: Hashable, Sendable {
    /// As the key `provider` of relay.conf names it.
    package let name: String
    /// As the provider calls itself.
    package let title: String
    /// Names of its hosts in lower case; `*` stands for any octets.
    package let hosts: [String]
    /// How a message is marked at hand-over; nil where the provider keeps no mark of the sender's.
    package let identity: IdentityMark?
    /// In the order in which they are asked.
    package let rules: [ProviderRule]

    package init(name: String, title: String, hosts: [String], identity: IdentityMark? = nil, rules: [ProviderRule]) {
        self.name = name
        self.title = title
        self.hosts = hosts
        self.identity = identity
        self.rules = rules
    }

    /// Every provider that is known.
    package static let all: [Provider] = [
        .ses, .sendGrid, .mailgun, .postmark, .sparkPost, .brevo, .resend, .google, .microsoft365,
    ]

    /// What the key `provider` takes, beside `none`.
    package static let names: [String] = all.map(\.name)

    /// The value of the key `provider` that switches the rules of providers off.
    package static let noneName = "none"

    package static func named(_ name: String) -> Provider? {
        all.first { $0.name == name }
    }

    /// The provider that a host belongs to, by its name.
    package static func recognised(host: String) -> Provider? {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        return all.first { provider in provider.hosts.contains { Glob($0).matches(name) } }
    }
}

/// What a reply of a provider means, and who says so.
package struct ProviderRule: Hashable, Sendable {
    package let pattern: ReplyPattern
    package let scope: FailureScope
    package let action: FailureAction
    /// The public page that this comes from.
    package let page: String

    package init(_ pattern: ReplyPattern, _ scope: FailureScope, _ action: FailureAction, page: String) {
        self.pattern = pattern
        self.scope = scope
        self.action = action
        self.page = page
    }

    package var verdict: Verdict { Verdict(rule: scope, action) }
}
