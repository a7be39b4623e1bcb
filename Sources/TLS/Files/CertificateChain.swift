internal import COpenSSL

/// A usable certificate with its key and its intermediates.
struct CertificateChain {
    let leaf: Certificate
    let authorities: [Certificate]
    let key: PrivateKey
    let hostNames: [String]

    /// - Parameter now: seconds since 1970.
    init(reading files: TLSCertificateFiles, now: Int) throws(TLSError) {
        let certificates = try PEMFile(path: files.certificate).certificates()
        leaf = certificates[0]
        authorities = Array(certificates.dropFirst())
        key = try PEMFile(path: files.privateKey).privateKey()
        hostNames = leaf.hostNames
        guard X509_check_private_key(leaf.pointer, key.pointer) == 1 else {
            ERR_clear_error()
            throw .badFile(files.privateKey, "does not match the certificate in \(files.certificate)")
        }
        if leaf.hasExpired(now: now) { throw .badFile(files.certificate, "holds a certificate that has expired") }
    }

    /// Presents this certificate to those who connect through `context`, besides those of other key types.
    func install(in context: LibraryContext) throws(TLSError) {
        ERR_clear_error()
        guard SSL_CTX_use_certificate(context.pointer, leaf.pointer) == 1,
            SSL_CTX_use_PrivateKey(context.pointer, key.pointer) == 1,
            authorities.allSatisfy({ shim_SSL_CTX_add1_chain_cert(context.pointer, $0.pointer) == 1 })
        else { throw TLSError(draining: .badFile, "the certificate for \(hostNames.first ?? "no host") was rejected") }
    }
}
