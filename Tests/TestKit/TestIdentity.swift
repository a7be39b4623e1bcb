internal import COpenSSL
import Foundation

/// A certificate with its key.
///
/// Safety of `@unchecked Sendable`: nothing changes after `init`; signing with a key counts references atomically.
final class TestIdentity: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    private let certificate: OpaquePointer
    private let key: OpaquePointer

    /// - Parameter issuer: nil for a self-signed certificate.
    init(_ request: TestCertificates.Request, signedBy issuer: TestIdentity?, isAuthority: Bool = false) throws {
        certificate = try Self.check(X509_new(), "new certificate")
        key = try Self.check(Self.makeKey(request.key), "new key")
        X509_set_version(certificate, 2)
        ASN1_INTEGER_set(X509_get_serialNumber(certificate), Int.random(in: 1...Int(Int32.max)))
        X509_gmtime_adj(X509_getm_notBefore(certificate), request.notBefore)
        X509_gmtime_adj(X509_getm_notAfter(certificate), request.notAfter)
        X509_set_pubkey(certificate, key)
        let subject = X509_get_subject_name(certificate)
        for (field, value) in [("O", "Posthorse, Tests"), ("CN", request.commonName)] {
            X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8, value, -1, -1, 0)
        }
        X509_set_issuer_name(certificate, X509_get_subject_name(issuer?.certificate ?? certificate))
        try addExtensions(request, issuer: issuer, isAuthority: isAuthority)
        guard X509_sign(certificate, issuer?.key ?? key, EVP_sha256()) > 0 else { throw Failure(description: "sign") }
    }

    deinit {
        X509_free(certificate)
        EVP_PKEY_free(key)
    }

    private static func makeKey(_ kind: TestCertificates.Key) -> OpaquePointer? {
        let context = EVP_PKEY_CTX_new_from_name(nil, kind == .ecdsa ? "EC" : "RSA", nil)
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_keygen_init(context) == 1 else { return nil }
        switch kind {
        case .ecdsa: EVP_PKEY_CTX_set_group_name(context, "P-256")
        case .rsa: EVP_PKEY_CTX_set_rsa_keygen_bits(context, 2048)
        }
        var key: OpaquePointer?
        return EVP_PKEY_generate(context, &key) == 1 ? key : nil
    }

    private func addExtensions(
        _ request: TestCertificates.Request, issuer: TestIdentity?, isAuthority: Bool
    ) throws {
        var context = X509V3_CTX()
        X509V3_set_ctx(&context, issuer?.certificate ?? certificate, certificate, nil, nil, 0)
        let names = request.hostNames.map { "DNS:\($0)" } + request.addresses.map { "IP:\($0)" }
        var extensions = [(NID_basic_constraints, isAuthority ? "critical,CA:TRUE" : "CA:FALSE")]
        if !names.isEmpty { extensions.append((NID_subject_alt_name, names.joined(separator: ","))) }
        for (kind, value) in extensions {
            let addition = try Self.check(X509V3_EXT_nconf_nid(nil, &context, kind, value), value)
            X509_add_ext(certificate, addition, -1)
            X509_EXTENSION_free(addition)
        }
    }

    func writeCertificate(to path: String) throws {
        try Self.write(path) { PEM_write_bio_X509($0, certificate) }
    }

    func writeKey(to path: String) throws {
        try Self.write(path) { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// Atomically, so that nobody reads half of it.
    private static func write(_ path: String, _ body: (OpaquePointer) -> Int32) throws {
        let bio = try check(BIO_new(BIO_s_mem()), "buffer")
        defer { BIO_free(bio) }
        guard body(bio) == 1 else { throw Failure(description: "write \(path)") }
        var data: UnsafeMutablePointer<CChar>?
        let count = shim_BIO_get_mem_data(bio, &data)
        try Data(bytes: data!, count: count).write(to: URL(fileURLWithPath: path), options: .atomic)
    }

    private static func check(_ pointer: OpaquePointer?, _ what: String) throws -> OpaquePointer {
        guard let pointer else { throw Failure(description: "no \(what)") }
        return pointer
    }
}
