/// What the next octets of a client are.
package enum ServerInput: Hashable, Sendable {
    case commands
    /// The rest of a line that was refused before its end; then commands.
    case lineRest
    /// A response in a login.
    case response
    /// After 354.
    case data
    /// Of a chunk.
    case chunk
    /// Nothing that is looked at: the session waits for its owner or for TLS, or is closed.
    case nothing
}

extension ServerSession {
    /// What the next step takes its octets for.
    package var input: ServerInput {
        switch state {
        case .command: .commands
        case .skipping: .lineRest
        case .answering: .response
        case .data: .data
        case .chunk: .chunk
        case .deciding, .committing, .startingTLS, .handshake, .authenticating, .closed: .nothing
        }
    }
}
