internal import COpenSSL

/// What the connections to one upstream share: trusted authorities, and resumable sessions.
///
/// Versions 1.2 and 1.3, without renegotiation, compression or early data. Used from all event loops at once.
package final class TLSClientContext: Sendable {
    let shared: LibraryContext
    let sessions = SessionStore()
    let verifies: Bool

    /// Loads the authorities. An error names the file and the problem.
    package init(_ settings: TLSClientSettings) throws(TLSError) {
        shared = try LibraryContext(.client)
        verifies = settings.verifies
        SSL_CTX_set_verify(shared.pointer, settings.verifies ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nil)
        shim_SSL_CTX_set_session_cache_mode(
            shared.pointer, Int(SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL))
        SSL_CTX_sess_set_new_cb(shared.pointer, newSessionCallback)
        if settings.verifies { try trust(settings.caFile) }
    }

    private func trust(_ caFile: String?) throws(TLSError) {
        if let caFile {
            try shared.trust(caFile)
        } else if SSL_CTX_set_default_verify_paths(shared.pointer) != 1 {
            throw TLSError(draining: .badFile, "the system's certificates cannot be read")
        }
    }
}

/// The server has sent a session ticket for the next connection.
///
/// - Returns: 1, because the reference to the session is kept.
private func newSessionCallback(ssl: OpaquePointer?, session: OpaquePointer?) -> CInt {
    guard let session, let (context, name) = TLSConnection.from(ssl)?.upstream else { return 0 }
    context.sessions.keep(Session(owning: session), for: name)
    return 1
}
