internal import COpenSSL

/// What connections of one kind share.
///
/// Safety of `@unchecked Sendable`: the pointer never changes, the library counts its references atomically and does
/// its own locking where threads share it, and nothing is set after `init` returns.
final class LibraryContext: @unchecked Sendable {
    let pointer: OpaquePointer

    /// Mozilla's "intermediate" configuration without finite-field exchange: forward secrecy and authenticated
    /// encryption only. AES-128 comes first because it is faster and no weaker for the life of a connection.
    private static let ciphers12 =
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
        + "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305"
    private static let ciphers13 = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256"
    private static let groups = "X25519:P-256:P-384"

    enum Side {
        case server
        case client
    }

    init(_ side: Side) throws(TLSError) {
        ERR_clear_error()
        guard let pointer = SSL_CTX_new(side == .server ? TLS_server_method() : TLS_client_method()) else {
            throw TLSError(draining: .cryptography, "cannot set up TLS")
        }
        self.pointer = pointer
        guard shim_SSL_CTX_set_min_proto_version(pointer, TLS1_2_VERSION) == 1,
            SSL_CTX_set_cipher_list(pointer, Self.ciphers12) == 1,
            SSL_CTX_set_ciphersuites(pointer, Self.ciphers13) == 1,
            shim_SSL_CTX_set1_groups_list(pointer, Self.groups) == 1
        else { throw TLSError(draining: .cryptography, "cannot set up TLS") }
        // Renegotiation lets a peer cause work (TLS 1.3 has none), and compression leaks.
        SSL_CTX_set_options(pointer, side == .server ? shim_options | shim_server_options : shim_options)
        shim_SSL_CTX_set_mode(pointer)
    }

    deinit {
        SSL_CTX_free(pointer)
    }

    /// Trusts the authorities in a PEM file, and returns them.
    @discardableResult
    func trust(_ path: String) throws(TLSError) -> [Certificate] {
        let authorities = try PEMFile(path: path).certificates()
        let store = SSL_CTX_get_cert_store(pointer)
        for authority in authorities where X509_STORE_add_cert(store, authority.pointer) != 1 {
            throw TLSError(draining: .badFile, "\(path) holds an unusable authority")
        }
        return authorities
    }
}
