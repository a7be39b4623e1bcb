internal import COpenSSL
internal import Synchronization

/// A resumable session (RFC 8446 section 2.2, RFC 5077).
///
/// Safety of `@unchecked Sendable`: the library counts references atomically and does not modify a session that it has
/// handed out; a connection gets one of its own, or a copy.
final class Session: @unchecked Sendable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        SSL_SESSION_free(pointer)
    }

    /// With TLS 1.2 a server sends a ticket only to replace the previous one; with 1.3 it may send one each time.
    var replacesOthers: Bool { SSL_SESSION_get_protocol_version(pointer) != TLS1_3_VERSION }

    var isUsable: Bool { SSL_SESSION_is_resumable(pointer) == 1 }

    func copy() -> Session? {
        SSL_SESSION_dup(pointer).map(Session.init(owning:))
    }
}

/// The latest sessions with one upstream.
final class SessionStore: Sendable {
    /// Roughly the number of connections opened at once.
    static let capacity = 16

    private let sessions = Mutex<[(name: String, session: Session)]>([])

    var count: Int { sessions.withLock(\.count) }

    func keep(_ session: Session, for name: String) {
        sessions.withLock { sessions in
            if session.replacesOthers { sessions.removeAll { $0.name == name } }
            if sessions.count == Self.capacity { sessions.removeFirst() }
            sessions.append((name, session))
        }
    }

    /// The newest session with this server, if any.
    ///
    /// A ticket should be used only once, so that an eavesdropper cannot link connections of the same client (RFC 8446
    /// appendix C.4). The last one is reused nevertheless: who sends mail to an upstream is no secret, and not every
    /// server sends a new ticket on resumption.
    func take(for name: String) -> Session? {
        sessions.withLock { sessions -> Session? in
            sessions.removeAll { !$0.session.isUsable }
            guard let index = sessions.lastIndex(where: { $0.name == name }) else { return nil }
            let isLast = sessions.firstIndex { $0.name == name } == index
            return isLast ? sessions[index].session.copy() : sessions.remove(at: index).session
        }
    }
}
