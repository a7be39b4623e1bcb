package import Upstreams

extension UpstreamSettings {
    /// The upstream's provider: the one named by `provider`, else the one its host belongs to.
    package var knownProvider: Provider? {
        guard let provider else { return Provider.recognised(host: host) }
        return Provider.named(provider)
    }
}

extension RuleBook {
    /// The meaning of this upstream's replies.
    ///
    /// Invalid rules are skipped; the configuration has already refused them.
    package init(_ settings: UpstreamSettings) {
        let own = settings.rules.compactMap { rule in
            try? OperatorRule(match: rule.match, scope: rule.scope, action: rule.action)
        }
        self.init(own: own, provider: settings.knownProvider)
    }
}
