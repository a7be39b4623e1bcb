internal import Mail
internal import NIOCore
internal import Spool
internal import TLS

/// By what a message is known when its client hands it in again: its own key, or its Message-ID with envelope and content.
///
/// With a key the content does not count: a job that runs again writes another Date, Message-ID and boundary into the
/// same mail. Kept only where the listener asks for it.
struct MessageIdentity {
    /// Who hands a message in: no one else's keys can be found out, or used up. Without a login that is an address, so
    /// applications that share one, and a sender, share their keys too.
    struct Scope {
        /// Address of the listener, as configured.
        let listener: String
        let user: String?
        /// The client's address, of IPv6 its network of 64 bits; it counts where nobody has logged in.
        let client: ClientAddress
    }

    /// Of the content without the key.
    private let content = SHA256.Stream()

    /// Takes the next part of the content as it is stored; with a key it does not matter.
    func digest(_ part: ByteBuffer) {
        part.withUnsafeReadableBytes { content.update($0) }
    }

    /// To be called once, when all of the content has been digested.
    ///
    /// - Parameters:
    ///   - key: that which its header had.
    ///   - hasMessageID: whether the client gave one. Without it, and without a key, two mails with the same words are
    ///   two mails: nothing tells them from one that came twice.
    /// - Returns: nil where every submission is a message of its own.
    func resubmission(
        of message: SpooledMessage, key: HeaderFilter.Finding, hasMessageID: Bool, in scope: Scope, window: Duration
    ) -> Resubmission? {
        let expiresAt = message.receivedAt + window
        let envelope = Self.digest { sum in
            sum.add(message.options.parameters)
            for recipient in message.recipients.map({ "\($0.address.text) \($0.options.parameters)" }).sorted() {
                sum.add(recipient)
            }
        }
        switch key {
        case .key(let key):
            return Resubmission(key: digest("key", scope, message, key), envelope: envelope, expiresAt: expiresAt)
        case .none:
            guard hasMessageID, !message.messageID.isEmpty else { return nil }
            let key = digest("id", scope, message, envelope + content.finish() + Array(message.messageID.utf8))
            return Resubmission(key: key, envelope: nil, expiresAt: expiresAt)
        case .invalid:
            return nil
        }
    }

    private func digest(_ kind: String, _ scope: Scope, _ message: SpooledMessage, _ octets: [UInt8]) -> [UInt8] {
        Self.digest { sum in
            sum.add(kind)
            sum.add(scope.listener)
            sum.add(scope.user.map { "user \($0)" } ?? "client \(scope.client.limited.value)")
            sum.add(message.sender.description)
            sum.add(octets)
        }
    }

    private static func digest(_ body: (SHA256.Stream) -> Void) -> [UInt8] {
        let sum = SHA256.Stream()
        body(sum)
        return sum.finish()
    }
}

extension SHA256.Stream {
    /// Takes a value behind its length, so that no two lists of values come to the same octets.
    fileprivate func add(_ octets: [UInt8]) {
        withUnsafeBytes(of: UInt64(octets.count).littleEndian) { update($0) }
        octets.withUnsafeBytes { update($0) }
    }

    fileprivate func add(_ text: String) {
        add(Array(text.utf8))
    }
}
