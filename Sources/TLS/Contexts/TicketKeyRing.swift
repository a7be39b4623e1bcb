internal import COpenSSL
internal import Synchronization

/// The ticket keys of one server, shared by its connections on all event loops; they survive a reload of the
/// certificates.
final class TicketKeyRing: Sendable {
    private let rotation = Mutex(TicketKeyRotation())
    private let now: @Sendable () -> Int

    init(now: @escaping @Sendable () -> Int) {
        self.now = now
    }

    func sealingKey() -> TicketKey? {
        let now = now()
        return rotation.withLock { $0.sealingKey(now: now, makeKey: TicketKey.init(now:)) }
    }

    func openingKey(named name: UnsafeBufferPointer<UInt8>) -> (key: TicketKey, isCurrent: Bool)? {
        let now = now()
        return rotation.withLock { $0.openingKey(named: name, now: now) }
    }
}

/// Library callback that seals or opens a ticket: AES-256-CBC with HMAC-SHA-256, as RFC 5077 section 4 recommends.
///
/// - Returns: 1 to proceed, 2 to proceed and send a new ticket, 0 if the ticket is useless, negative for an error.
func ticketKeyCallback(
    ssl: OpaquePointer?,
    name: UnsafeMutablePointer<UInt8>?,
    vector: UnsafeMutablePointer<UInt8>?,
    cipher: OpaquePointer?,
    code: OpaquePointer?,
    isSealing: CInt
) -> CInt {
    guard let name, let vector, let ring = TLSConnection.from(ssl)?.ticketKeys else { return -1 }
    let nameBytes = UnsafeMutableBufferPointer(start: name, count: TicketKey.nameLength)
    if isSealing == 1 {
        guard let key = ring.sealingKey(), RAND_bytes(vector, 16) == 1 else { return -1 }
        _ = nameBytes.update(fromContentsOf: key.name)
        return key.start(cipher, code, vector, sealing: true) ? 1 : -1
    }
    guard let (key, isCurrent) = ring.openingKey(named: UnsafeBufferPointer(nameBytes)) else { return 0 }
    guard key.start(cipher, code, vector, sealing: false) else { return -1 }
    // With TLS 1.3 each ticket is used once, so a new one is always due.
    return isCurrent && SSL_version(ssl) != TLS1_3_VERSION ? 1 : 2
}

extension TicketKey {
    fileprivate func start(
        _ cipher: OpaquePointer?, _ code: OpaquePointer?, _ vector: UnsafePointer<UInt8>, sealing: Bool
    ) -> Bool {
        EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nil, encryption, vector, sealing ? 1 : 0) == 1
            && shim_EVP_MAC_CTX_set_sha256_key(code, authentication, authentication.count) == 1
    }
}
