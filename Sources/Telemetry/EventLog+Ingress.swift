package import Ingress
internal import Mail
internal import Suppression

extension EventLog {
    /// Logs an event at a listener.
    package func record(_ event: IngressEvent) {
        switch event {
        case .listening(let address):
            log(.notice, "listening") { $0.field("address", address) }
        case .closed(let address):
            log(.notice, "listener_closed") { $0.field("address", address) }
        case .accepted(let id, let client, let sender, let recipients, let size, let messageID, _):
            log(.info, "accepted") { line in
                line.field("id", id)
                line.field("from", sender)
                line.field("recipients", recipients)
                line.field("size", size)
                line.field("message_id", messageID)
                line.field("client", client)
            }
        case .resubmitted(let id, let client, let sender, let messageID):
            log(.notice, "resubmitted") { line in
                line.field("id", id)
                line.field("from", sender)
                line.field("message_id", messageID)
                line.field("client", client)
            }
        case .refused(let client, let reply, let reason):
            log(.notice, "refused") { line in
                line.field("client", client)
                line.field("reply", reply)
                line.field("reason", reason)
            }
        case .suppressed(let client, let sender, let recipient, let match):
            log(.notice, "recipient_suppressed") { line in
                line.field("client", client)
                line.field("from", sender)
                line.field("to", [recipient][...])
                line.field("pattern", match.key.pattern.text)
                if let route = match.key.route { line.field("route", route) }
                line.field("source", match.source.rawValue)
                line.field("since", match.addedAt)
            }
        case .limited(let limit, let client, let reply):
            log(.notice, "refused") { line in
                line.field("client", client)
                line.field("reply", reply)
                line.field("reason", limit.rawValue)
            }
        case .loggedIn(let user, let client, let mechanism):
            log(.info, "logged_in") { line in
                line.field("user", user)
                line.field("client", client)
                line.field("mechanism", mechanism)
            }
        case .loginFailed(let user, let client, let isLockedOut):
            log(isLockedOut ? .warning : .notice, isLockedOut ? "locked_out" : "login_failed") { line in
                if let user { line.field("user", user) }
                line.field("client", client)
            }
        case .userSuspected(let user, let cause, let mode, let recipients, let usual):
            log(.warning, "user_suspected") { line in
                line.field("user", user)
                line.field("cause", cause.rawValue)
                line.field("guard", mode.rawValue)
                line.field("recipients", recipients)
                line.field("usual", usual)
            }
        case .userTrusted(let user):
            log(.notice, "user_trusted") { $0.field("user", user) }
        case .encrypted, .sessionOpened, .sessionClosed: break
        case .encryptionFailed(let client, let reason):
            log(.notice, "encryption_failed") { line in
                line.field("client", client)
                line.field("reason", reason)
            }
        case .reloaded(let what):
            reloaded(what: what)
        case .reloadFailed(let what, let reason):
            reloadFailed(what: what, reason: reason)
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
