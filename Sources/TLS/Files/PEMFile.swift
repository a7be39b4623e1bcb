internal import COpenSSL
internal import Glibc

/// The content of a PEM file with certificates or a key (RFC 7468); wiped when no longer needed.
final class PEMFile {
    /// Larger than any list of authorities.
    static let maximumSize = 16 << 20

    let path: String
    private let bytes: UnsafeMutableRawBufferPointer

    /// Reads the file without parsing it.
    init(path: String) throws(TLSError) {
        self.path = path
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw .badFile(path, "cannot be opened: \(Self.reason)") }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw .badFile(path, "is not a regular file")
        }
        guard status.st_size <= Self.maximumSize else { throw .badFile(path, "is larger than 16 MiB") }
        bytes = .allocate(byteCount: Int(status.st_size), alignment: 1)
        try fill(from: file)
    }

    deinit {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
        bytes.deallocate()
    }

    private func fill(from file: Int32) throws(TLSError) {
        var filled = 0
        while filled < bytes.count {
            let count = read(file, bytes.baseAddress! + filled, bytes.count - filled)
            guard count >= 0 else { throw .badFile(path, "cannot be read: \(Self.reason)") }
            guard count > 0 else { throw .badFile(path, "shrank while it was read") }
            filled += count
        }
    }

    private static var reason: String { String(cString: strerror(errno)) }

    /// All certificates, in file order; at least one.
    func certificates() throws(TLSError) -> [Certificate] {
        let bio = try reader()
        defer { BIO_free(bio) }
        var found: [Certificate] = []
        while let pointer = PEM_read_bio_X509_AUX(bio, nil, refusePassword, nil) {
            found.append(Certificate(owning: pointer))
        }
        // The end of the file is also reported as an error.
        let error = ERR_peek_last_error()
        guard ERR_GET_LIB(error) == ERR_LIB_PEM, ERR_GET_REASON(error) == PEM_R_NO_START_LINE else {
            throw TLSError(draining: .badFile, "\(path) holds an unreadable certificate")
        }
        ERR_clear_error()
        if found.isEmpty { throw .badFile(path, "holds no certificate in PEM form") }
        return found
    }

    /// The first private key.
    func privateKey() throws(TLSError) -> PrivateKey {
        let bio = try reader()
        defer { BIO_free(bio) }
        if let pointer = PEM_read_bio_PrivateKey(bio, nil, refusePassword, nil) { return PrivateKey(owning: pointer) }
        let error = TLSError(draining: .badFile, "\(path) holds an unreadable private key")
        let label = "PRIVATE KEY-----"
        throw bytes.contains(label.utf8) ? error : .badFile(path, "holds no private key in PEM form")
    }

    private func reader() throws(TLSError) -> OpaquePointer {
        ERR_clear_error()
        guard let bio = BIO_new_mem_buf(bytes.baseAddress, Int32(bytes.count)) else {
            throw TLSError(draining: .cryptography, "cannot read \(path)")
        }
        return bio
    }
}

/// Without this callback the library would ask for a password on the terminal.
private func refusePassword(
    _: UnsafeMutablePointer<CChar>?, _: CInt, _: CInt, _: UnsafeMutableRawPointer?
) -> CInt { -1 }
