package import Ingress

extension EventLog {
    /// Writes the line of something that happened at a listener.
    package func record(_ event: IngressEvent) {
        switch event {
        case .listening(let address):
            log(.notice, "listening") { $0.field("address", address) }
        case .accepted(let id, let client, let sender, let recipients, let size, let messageID):
            log(.info, "accepted") { line in
                line.field("id", id)
                line.field("from", sender)
                line.field("recipients", recipients)
                line.field("size", size)
                line.field("message_id", messageID)
                line.field("client", client)
            }
        case .refused(let client, let reply, let reason):
            log(.notice, "refused") { line in
                line.field("client", client)
                line.field("reply", reply)
                line.field("reason", reason)
            }
        case .limited(let limit, let client, let reply):
            log(.notice, "refused") { line in
                line.field("client", client)
                line.field("reply", reply)
                line.field("reason", limit.rawValue)
            }
        case .sessionOpened, .sessionClosed: break
        case .proxyRefused(let peer, let reason):
            log(.notice, "proxy_refused") { line in
                line.field("peer", peer)
                line.field("reason", reason)
            }
        case .acceptingPaused(let address, let cause):
            log(.warning, "accepting_paused") { line in
                line.field("address", address)
                line.field("cause", cause)
            }
        case .acceptingResumed(let address):
            log(.notice, "accepting_resumed") { $0.field("address", address) }
        case .socketIgnored(let name, let reason):
            log(.warning, "socket_ignored") { line in
                line.field("name", name)
                line.field("reason", reason)
            }
        }
    }
}
