internal import COpenSSL
internal import NIOCore

/// The library's input and output as functions over the buffers of a ``TLSConnection``: received data is read in place,
/// and output is gathered in one buffer, without intermediate copies.
enum ByteBufferBIO {
    /// Safety of `nonisolated(unsafe)`: initialized once, before first use, and read-only after that.
    private nonisolated(unsafe) static let method: OpaquePointer? = {
        guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "ByteBuffer") else { return nil }
        BIO_meth_set_read_ex(method, readCiphertext)
        BIO_meth_set_write_ex(method, writeCiphertext)
        BIO_meth_set_ctrl(method, control)
        return method
    }()

    /// Connects `ssl` to the buffers of `connection`, which must outlive it.
    static func attach(_ connection: TLSConnection, to ssl: OpaquePointer) -> Bool {
        guard let method, let bio = BIO_new(method) else { return false }
        BIO_set_data(bio, Unmanaged.passUnretained(connection).toOpaque())
        BIO_set_init(bio, 1)
        SSL_set_bio(ssl, bio, bio)
        return true
    }

    fileprivate static func connection(_ bio: OpaquePointer?) -> TLSConnection? {
        BIO_get_data(bio).map { Unmanaged<TLSConnection>.fromOpaque($0).takeUnretainedValue() }
    }
}

private func readCiphertext(
    bio: OpaquePointer?, octets: UnsafeMutablePointer<CChar>?, capacity: Int, count: UnsafeMutablePointer<Int>?
) -> CInt {
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    guard let octets, let count, let connection = ByteBufferBIO.connection(bio) else { return 0 }
    count.pointee = connection.takeReceived(UnsafeMutableRawBufferPointer(start: octets, count: capacity))
    if count.pointee > 0 { return 1 }
    BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
    return 0
}

private func writeCiphertext(
    bio: OpaquePointer?, octets: UnsafePointer<CChar>?, length: Int, count: UnsafeMutablePointer<Int>?
) -> CInt {
    BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_SHOULD_RETRY)
    guard let octets, let count, let connection = ByteBufferBIO.connection(bio) else { return 0 }
    connection.outbound.writeBytes(UnsafeRawBufferPointer(start: octets, count: length))
    count.pointee = length
    return 1
}

/// The handler sends the output, so there is nothing to flush; all other controls are refused.
private func control(
    bio: OpaquePointer?, command: CInt, number: CLong, argument: UnsafeMutableRawPointer?
) -> CLong {
    command == BIO_CTRL_FLUSH ? 1 : 0
}
