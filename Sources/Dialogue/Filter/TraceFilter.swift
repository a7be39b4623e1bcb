package import Mail

/// Whose conversations a trace shows.
package enum TraceFilter: Hashable, Sendable {
    /// All sessions to the upstream of this name, those of probes too.
    case upstream(String)
    /// All sessions of clients with an address in this network, as a PROXY header gives it.
    case client(IPNetwork)
    /// All transactions with such a recipient, of clients and with upstreams.
    case recipient(RecipientPattern)

    /// Whether sessions of this party may have something to show.
    func concerns(_ party: TraceParty) -> Bool {
        switch (self, party.place) {
        case (.upstream(let name), .upstream(let other)): name == other
        case (.client(let network), .client(let address)): network.contains(address)
        case (.recipient, .upstream), (.recipient, .client): true
        case (.upstream, .client), (.client, .upstream): false
        }
    }

    /// The pattern that decides about each transaction; nil where sessions are shown whole.
    var pattern: RecipientPattern? {
        switch self {
        case .recipient(let pattern): pattern
        case .upstream, .client: nil
        }
    }
}

extension TraceFilter: CustomStringConvertible {
    /// `upstream primary`, `client 192.0.2.0/24` or `recipient *@example.com`.
    package var description: String {
        switch self {
        case .upstream(let name): "upstream \(name)"
        case .client(let network): "client \(network)"
        case .recipient(let pattern): "recipient \(pattern)"
        }
    }
}
