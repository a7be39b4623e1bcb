package import Upstreams

extension UpstreamSettings {
    /// The provider that this upstream is known to be: the one that `provider` names, else the one whose host it is.
    package var knownProvider: Provider? {
        guard let provider else { return Provider.recognised(host: host) }
        return Provider.named(provider)
    }
}
