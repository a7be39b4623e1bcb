internal import Mail
internal import COpenSSL

/// A server's certificates as loaded at one time. A connection keeps those it started with.
final class ServerIdentities: Sendable {
    let names: ServerNames
    /// One per group of names; the first is the default.
    let contexts: [LibraryContext]
    let ticketKeys: TicketKeyRing

    /// - Parameter now: seconds since 1970.
    init(_ settings: TLSServerSettings, ticketKeys: TicketKeyRing, now: Int) throws(TLSError) {
        guard !settings.certificates.isEmpty else { throw TLSError(.badFile, "a TLS server needs a certificate") }
        var chains: [CertificateChain] = []
        for files in settings.certificates { chains.append(try CertificateChain(reading: files, now: now)) }
        names = ServerNames(chains.map { .init(hostNames: $0.hostNames, keyType: $0.leaf.keyType) })
        var contexts: [LibraryContext] = []
        for group in names.groups {
            contexts.append(try Self.context(group.map { chains[$0] }, clientCA: settings.clientCA))
        }
        self.contexts = contexts
        self.ticketKeys = ticketKeys
    }

    private static func context(_ chains: [CertificateChain], clientCA: String?) throws(TLSError) -> LibraryContext {
        let context = try LibraryContext(.server)
        for chain in chains { try chain.install(in: context) }
        var identity = Array("posthorse".utf8)
        if let clientCA { identity += try askForCertificate(clientCA, context) }
        try setSessions(identity, context)
        shim_SSL_CTX_set_servername_callback(context.pointer, serverNameCallback)
        return context
    }

    /// Asks clients for a certificate and verifies any that is presented (RFC 8446 section 4.3.2); returns an
    /// identifier of the authorities.
    private static func askForCertificate(_ path: String, _ context: LibraryContext) throws(TLSError) -> [UInt8] {
        var identity: [UInt8] = []
        for authority in try context.trust(path) {
            guard SSL_CTX_add_client_CA(context.pointer, authority.pointer) == 1 else {
                throw TLSError(draining: .cryptography, "cannot name the authorities of \(path) to clients")
            }
            var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
            var count: UInt32 = 0
            X509_digest(authority.pointer, EVP_sha256(), &digest, &count)
            identity += digest.prefix(Int(count))
        }
        SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        return identity
    }

    /// Sessions are kept by the client only, in tickets. The session context is derived from the authorities, so that a
    /// client whose certificate was verified against others does not resume (RFC 8446 section 4.6.1).
    private static func setSessions(_ identity: [UInt8], _ context: LibraryContext) throws(TLSError) {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard EVP_Digest(identity, identity.count, &digest, &count, EVP_sha256(), nil) == 1,
            SSL_CTX_set_session_id_context(context.pointer, digest, min(count, UInt32(SSL_MAX_SID_CTX_LENGTH))) == 1,
            SSL_CTX_set_tlsext_ticket_key_evp_cb(context.pointer, ticketKeyCallback) == 1,
            // Each connection gets one, so a client that uses each only once always has one (RFC 8446 appendix C.4).
            SSL_CTX_set_num_tickets(context.pointer, 1) == 1
        else { throw TLSError(draining: .cryptography, "cannot set up session tickets") }
        shim_SSL_CTX_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        SSL_CTX_set_timeout(context.pointer, TicketKeyRotation.lifetime)
    }
}

/// The client has named a host: its certificates are used from here on.
private func serverNameCallback(
    ssl: OpaquePointer?, alert: UnsafeMutablePointer<CInt>?, argument: UnsafeMutableRawPointer?
) -> CInt {
    guard let identities = TLSConnection.from(ssl)?.identities,
        let name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name)
    else { return SSL_TLSEXT_ERR_NOACK }
    let group = identities.names.group(for: String(cString: name))
    if group > 0 { SSL_set_SSL_CTX(ssl, identities.contexts[group].pointer) }
    return SSL_TLSEXT_ERR_OK
}
