internal import Mail
internal import COpenSSL

extension TLSConnection {
    /// The other side, for messages.
    var peer: String {
        switch role {
        case .server: "the client"
        case .client(_, let name): name
        }
    }

    /// Negotiated TLS parameters; only after the handshake.
    var details: TLSConnectionDetails {
        let certificate = identities == nil ? nil : verifiedCertificate
        return TLSConnectionDetails(
            version: String(cString: SSL_get_version(ssl)),
            cipher: SSL_get_current_cipher(ssl).map { String(cString: SSL_CIPHER_get_name($0)) } ?? "",
            isResumed: SSL_session_reused(ssl) == 1,
            serverName: SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name).map { String(cString: $0) },
            peerSubject: certificate?.subject,
            peerCommonName: certificate?.commonName,
            exporter: exporter)
    }

    private var verifiedCertificate: Certificate? {
        guard SSL_get_verify_result(ssl) == X509_V_OK else { return nil }
        return SSL_get1_peer_certificate(ssl).map(Certificate.init(owning:))
    }

    /// RFC 9266 section 2 (label, no context, 32 octets) and section 4 (only with versions that make it unique by
    /// themselves).
    private var exporter: [UInt8]? {
        guard SSL_version(ssl) == TLS1_3_VERSION else { return nil }
        let label = "EXPORTER-Channel-Binding"
        var value = [UInt8](repeating: 0, count: 32)
        let result = SSL_export_keying_material(ssl, &value, value.count, label, label.utf8.count, nil, 0, 1)
        return result == 1 ? value : nil
    }

    /// Why the handshake failed, from the thread's error queue.
    var handshakeError: TLSError {
        let verdict = SSL_get_verify_result(ssl)
        guard ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED, verdict != X509_V_OK else {
            return TLSError(draining: .handshake, "the TLS handshake with \(peer) failed")
        }
        ERR_clear_error()
        let reason = String(cString: X509_verify_cert_error_string(Int(verdict)))
        return TLSError(.untrusted, "the certificate of \(peer) is not trusted", causes: [reason])
    }

    /// Tells the library which server to expect.
    func expect(_ name: ServerIdentifier, verifies: Bool) throws(TLSError) {
        let parameters = SSL_get0_param(ssl)
        ERR_clear_error()
        let isSet =
            switch name {
            // An address is not sent as a name (RFC 6066 section 3).
            case .address(let text): X509_VERIFY_PARAM_set1_ip_asc(parameters, text) == 1
            case .host(let text):
                shim_SSL_set_host_name(ssl, text) == 1
                    && X509_VERIFY_PARAM_set1_host(parameters, text, text.utf8.count) == 1
            }
        guard isSet else { throw TLSError(draining: .cryptography, "\(name.text) is not a valid TLS server name") }
        // A wildcard stands for a whole label only (RFC 6125 section 6.4.3).
        X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
    }
}
