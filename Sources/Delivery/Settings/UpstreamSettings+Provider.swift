package import Upstreams

extension UpstreamSettings {
    /// The provider that this upstream is known to be: the one that `provider` names, else the one whose host it is.
    package var knownProvider: Provider? {
        guard let provider else { return Provider.recognised(host: host) }
        return Provider.named(provider)
    }
}

extension RuleBook {
    /// What the replies of this upstream mean.
    ///
    /// Rules that cannot be one are left out; the configuration has refused them.
    package init(_ settings: UpstreamSettings) {
        let own = settings.rules.compactMap { rule in
            try? OperatorRule(match: rule.match, scope: rule.scope, action: rule.action)
        }
        self.init(own: own, provider: settings.knownProvider)
    }
}
