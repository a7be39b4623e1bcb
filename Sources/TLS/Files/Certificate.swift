internal import COpenSSL

/// A certificate as the library holds it (RFC 5280).
final class Certificate {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        X509_free(pointer)
    }

    /// Host names it is valid for, in lower case, wildcards included: the alternative names, or the common name if
    /// there are no alternative names at all (RFC 6125 section 6.4.4).
    var hostNames: [String] {
        guard let names = alternativeNames else { return commonName.map { [$0.lowercased()] } ?? [] }
        return names
    }

    private var alternativeNames: [String]? {
        guard let stack = X509_get_ext_d2i(pointer, NID_subject_alt_name, nil, nil) else { return nil }
        let names = OpaquePointer(stack)
        defer { GENERAL_NAMES_free(names) }
        return (0..<OPENSSL_sk_num(names)).compactMap { index in
            guard let value = OPENSSL_sk_value(names, index) else { return nil }
            let name = value.assumingMemoryBound(to: GENERAL_NAME.self)
            guard name.pointee.type == GEN_DNS else { return nil }
            return Self.text(name.pointee.d.dNSName).lowercased()
        }
    }

    private static func text(_ string: UnsafePointer<ASN1_STRING>) -> String {
        let bytes = UnsafeBufferPointer(start: ASN1_STRING_get0_data(string), count: Int(ASN1_STRING_length(string)))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The last common name of the subject, which is the most specific.
    var commonName: String? {
        let subject = X509_get_subject_name(pointer)
        var index: Int32 = -1
        while case let next = X509_NAME_get_index_by_NID(subject, NID_commonName, index), next >= 0 { index = next }
        guard index >= 0, let value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)) else { return nil }
        var utf8: UnsafeMutablePointer<UInt8>?
        let count = ASN1_STRING_to_UTF8(&utf8, value)
        guard count >= 0, let utf8 else { return nil }
        defer { CRYPTO_free(utf8, #file, #line) }
        return String(decoding: UnsafeBufferPointer(start: utf8, count: Int(count)), as: UTF8.self)
    }

    /// The subject as text by RFC 2253; non-ASCII characters are escaped.
    var subject: String? {
        guard let bio = BIO_new(BIO_s_mem()) else { return nil }
        defer { BIO_free(bio) }
        guard X509_NAME_print_ex(bio, X509_get_subject_name(pointer), 0, shim_rfc2253) >= 0 else { return nil }
        var data: UnsafeMutablePointer<CChar>?
        let count = shim_BIO_get_mem_data(bio, &data)
        let bytes = UnsafeRawBufferPointer(start: data, count: count)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Parameter now: seconds since 1970.
    func hasExpired(now: Int) -> Bool {
        var time = time_t(now)
        return X509_cmp_time(X509_get0_notAfter(pointer), &time) < 0
    }

    /// Type of its key: RSA, elliptic curve...
    var keyType: Int32 { EVP_PKEY_get_base_id(X509_get0_pubkey(pointer)) }
}

/// A private key as the library holds it.
final class PrivateKey {
    let pointer: OpaquePointer

    init(owning pointer: OpaquePointer) {
        self.pointer = pointer
    }

    deinit {
        EVP_PKEY_free(pointer)
    }
}
