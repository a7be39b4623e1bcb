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
        }
    }
}
