internal import COpenSSL
internal import Synchronization

/// A session that may be resumed (RFC 8446 section 2.2, RFC 5077).
///
/// Safety of `@unchecked Sendable`: the library counts references with atomics and does not change a session that it has handed out;
/// one of TLS 1.3 is given to one connection only, one of TLS 1.2 as a copy.
final class Session: @unchecked Sendable {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        SSL_SESSION_free(pointer)
    }

    /// A ticket of TLS 1.3 should be used once (RFC 8446 appendix C.4).
    var isForOneUse: Bool { SSL_SESSION_get_protocol_version(pointer) == TLS1_3_VERSION }

    var isUsable: Bool { SSL_SESSION_is_resumable(pointer) == 1 }

    func copy() -> Session? {
        SSL_SESSION_dup(pointer).map(Session.init(owning:))
    }
}

/// The last sessions with one upstream.
final class SessionStore: Sendable {
    /// About as many as connections are opened at once.
    static let capacity = 16

    private let sessions = Mutex<[(name: String, session: Session)]>([])

    func keep(_ session: Session, for name: String) {
        sessions.withLock { sessions in
            if !session.isForOneUse { sessions.removeAll { $0.name == name && !$0.session.isForOneUse } }
            if sessions.count == Self.capacity { sessions.removeFirst() }
            sessions.append((name, session))
        }
    }

    /// The newest session with this server, if there is one.
    func take(for name: String) -> Session? {
        sessions.withLock { sessions -> Session? in
            sessions.removeAll { !$0.session.isUsable }
            guard let index = sessions.lastIndex(where: { $0.name == name }) else { return nil }
            let session = sessions[index].session
            return session.isForOneUse ? sessions.remove(at: index).session : session.copy()
        }
    }
}
