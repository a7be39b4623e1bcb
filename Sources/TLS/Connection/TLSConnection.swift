internal import COpenSSL
internal import NIOCore

/// One connection as the library sees it, over buffers: ciphertext in, plaintext out, and vice versa. No channel, no
/// clock.
///
/// Confined to its event loop. Each call empties the thread's error queue first and, if it fails, afterwards.
final class TLSConnection {
    enum Role {
        case server(ServerIdentities)
        case client(TLSClientContext, name: String)
    }

    let role: Role
    let ssl: OpaquePointer
    /// Received, but not yet consumed by the library.
    private(set) var inbound = ByteBuffer()
    /// Produced by the library, but not yet sent.
    var outbound = ByteBuffer()
    /// Octets of an incomplete record that the library has consumed.
    private var taken = 0

    /// Maximum overhead of a record: header, nonce, type, tag (RFC 8446 section 5.2, RFC 5288 section 3).
    private static let recordOverhead = 29
    private static let recordLimit = 1 << 14

    convenience init(server context: TLSServerContext) throws(TLSError) {
        let identities = context.identities
        try self.init(.server(identities), identities.contexts[0])
        SSL_set_accept_state(ssl)
    }

    convenience init(client context: TLSClientContext, serverName: String) throws(TLSError) {
        let name = ServerIdentifier(serverName)
        try self.init(.client(context, name: name.text), context.shared)
        SSL_set_connect_state(ssl)
        try expect(name, verifies: context.verifies)
        if let session = context.sessions.take(for: name.text) { SSL_set_session(ssl, session.pointer) }
    }

    private init(_ role: Role, _ context: LibraryContext) throws(TLSError) {
        ERR_clear_error()
        guard let ssl = SSL_new(context.pointer) else { throw TLSError(draining: .cryptography, "cannot start TLS") }
        self.role = role
        self.ssl = ssl
        let isAttached = ByteBufferBIO.attach(self, to: ssl)
        guard isAttached, SSL_set_ex_data(ssl, 0, Unmanaged.passUnretained(self).toOpaque()) == 1 else {
            throw TLSError(draining: .cryptography, "cannot start TLS")
        }
    }

    deinit {
        // Otherwise the library considers the session broken and does not resume it (RFC 5246 section 7.2.1 no longer
        // requires that).
        SSL_set_shutdown(ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN)
        SSL_free(ssl)
    }

    /// The connection that a library callback belongs to.
    static func from(_ ssl: OpaquePointer?) -> TLSConnection? {
        SSL_get_ex_data(ssl, 0).map { Unmanaged<TLSConnection>.fromOpaque($0).takeUnretainedValue() }
    }

    var identities: ServerIdentities? {
        if case .server(let identities) = role { identities } else { nil }
    }

    var ticketKeys: TicketKeyRing? { identities?.ticketKeys }

    var upstream: (TLSClientContext, name: String)? {
        if case .client(let context, let name) = role { (context, name) } else { nil }
    }

    // MARK: Buffers

    /// Data received from the peer.
    func receive(_ buffer: ByteBuffer) {
        if inbound.readableBytes == 0 { inbound = buffer } else { inbound.writeImmutableBuffer(buffer) }
    }

    /// Passes received octets to the library.
    func takeReceived(_ target: UnsafeMutableRawBufferPointer) -> Int {
        let count = min(target.count, inbound.readableBytes)
        guard count > 0 else { return 0 }
        inbound.readWithUnsafeReadableBytes { source in
            target.copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            return count
        }
        taken += count
        // The channel can reuse the memory if nobody else holds it.
        if inbound.readableBytes == 0 { inbound = ByteBuffer() }
        return count
    }

    /// The data to send, if any.
    func takeOutbound() -> ByteBuffer? {
        guard outbound.readableBytes > 0 else { return nil }
        defer { outbound = ByteBuffer() }
        return outbound
    }

    // MARK: Steps

    /// Continues the handshake.
    ///
    /// - Returns: whether it is complete; if not, more input is needed.
    func handshake() throws(TLSError) -> Bool {
        ERR_clear_error()
        let result = SSL_do_handshake(ssl)
        if result == 1 { return true }
        guard SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ else { throw handshakeError }
        return false
    }

    enum Decrypted {
        case data(ByteBuffer)
        /// More input is needed.
        case nothing
        /// The peer will send no more (RFC 8446 section 6.1).
        case end
    }

    /// Decrypts the available complete records into one buffer; call until it returns ``Decrypted/nothing``.
    func decrypt(_ allocator: ByteBufferAllocator) throws(TLSError) -> Decrypted {
        guard hasInput else { return .nothing }
        let expected = max(Int(SSL_pending(ssl)), taken + inbound.readableBytes)
        var buffer = allocator.buffer(capacity: expected)
        while hasInput, buffer.writableBytes > 0 {
            switch try read(into: &buffer) {
            case SSL_ERROR_NONE: if SSL_pending(ssl) == 0 { taken = 0 }
            case SSL_ERROR_ZERO_RETURN where buffer.readableBytes == 0: return .end
            default: return buffer.readableBytes > 0 ? .data(buffer) : .nothing
            }
        }
        return buffer.readableBytes > 0 ? .data(buffer) : .nothing
    }

    /// Whether ``decrypt(_:)`` might produce anything.
    var hasInput: Bool { inbound.readableBytes > 0 || SSL_pending(ssl) > 0 }

    private func read(into buffer: inout ByteBuffer) throws(TLSError) -> CInt {
        var count = 0
        var result: CInt = 0
        ERR_clear_error()
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: 1) { target in
            result = SSL_read_ex(ssl, target.baseAddress, target.count, &count)
            return result == 1 ? count : 0
        }
        if result == 1 { return SSL_ERROR_NONE }
        let error = SSL_get_error(ssl, result)
        if error == SSL_ERROR_WANT_READ || error == SSL_ERROR_ZERO_RETURN { return error }
        throw TLSError(draining: .broken, "the TLS connection with \(peer) broke")
    }

    /// Encrypts a whole buffer.
    ///
    /// - Returns: false if it must be retried after more input, because a key update message is incomplete.
    func encrypt(_ buffer: ByteBuffer) throws(TLSError) -> Bool {
        guard buffer.readableBytes > 0 else { return true }
        let records = (buffer.readableBytes + Self.recordLimit - 1) / Self.recordLimit
        outbound.reserveCapacity(minimumWritableBytes: buffer.readableBytes + records * Self.recordOverhead)
        ERR_clear_error()
        var count = 0
        let result = buffer.withUnsafeReadableBytes { SSL_write_ex(ssl, $0.baseAddress, $0.count, &count) }
        if result == 1 { return true }
        if SSL_get_error(ssl, result) == SSL_ERROR_WANT_READ { return false }
        throw TLSError(draining: .broken, "the TLS connection with \(peer) broke")
    }

    /// Signals that nothing more will be sent (RFC 8446 section 6.1); harmless if repeated.
    func shutdown() {
        guard SSL_is_init_finished(ssl) == 1, SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN == 0 else { return }
        ERR_clear_error()
        if SSL_shutdown(ssl) < 0 { ERR_clear_error() }
    }
}
