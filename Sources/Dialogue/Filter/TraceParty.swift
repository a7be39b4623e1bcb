package import Mail

/// The other end of a session.
package struct TraceParty: Hashable, Sendable {
    package enum Place: Hashable, Sendable {
        /// The address decides which traces it is in.
        case client(IPAddress)
        /// Its name.
        case upstream(String)
    }

    package let place: Place
    /// Where it is, such as `192.0.2.1:25`.
    package let peer: String

    package init(_ place: Place, peer: String) {
        self.place = place
        self.peer = peer
    }

    /// `client` or `upstream`.
    package var side: String {
        switch place {
        case .client: "client"
        case .upstream: "upstream"
        }
    }

    /// The upstream's name; nil for a client.
    package var upstream: String? {
        switch place {
        case .client: nil
        case .upstream(let name): name
        }
    }
}
