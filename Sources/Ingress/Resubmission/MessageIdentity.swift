internal import Mail
internal import NIOCore
internal import Spool
internal import TLS

/// Identifies a message when its client submits it again: by its idempotency key, or by Message-ID, envelope and
/// content.
///
/// With a key the content does not count: a job that runs again writes another Date, Message-ID and boundary into the
/// same mail. Kept only if the listener requests it.
struct MessageIdentity {
    /// The submitter, so that nobody can discover or use up another's keys. Without a login this is an address, so
    /// applications that share an address and a sender share their keys too.
    struct Scope {
        /// Address of the listener, as configured.
        let listener: String
        let user: String?
        /// The client's address (IPv6: its /64); used if nobody has logged in.
        let client: IPAddress
    }

    /// Digest of the content without the key.
    private let content = SHA256.Stream()

    /// Adds the next part of the content as stored; irrelevant with a key.
    func digest(_ part: ByteBuffer) {
        part.withUnsafeReadableBytes { content.update($0) }
    }

    /// Call once, when all content has been digested.
    ///
    /// - Parameters:
    ///   - submittedAt: by the steady clock.
    ///   - release: when its sender wants it sent. With a key it does not count: a job that runs again counts from then.
    ///   - key: the one in its header.
    ///   - hasMessageID: whether the client supplied one. Without it, and without a key, two identical mails count as
    ///   two: nothing tells them from one sent twice.
    /// - Returns: nil if every submission is a separate message.
    func resubmission(
        of message: SpooledMessage, at submittedAt: Timestamp, release: ReleaseRequest?, key: HeaderFilter.Finding,
        hasMessageID: Bool, in scope: Scope, window: Duration
    ) -> Resubmission? {
        let envelope = Self.envelope(of: message)
        switch key {
        case .key(let key):
            let key = digest("key", scope, message, key)
            return Resubmission(key: key, envelope: envelope, submittedAt: submittedAt, window: window)
        case .none:
            guard hasMessageID, !message.messageID.isEmpty else { return nil }
            let time = release.map { Array($0.description.utf8) } ?? []
            let key = digest("id", scope, message, envelope + content.finish() + time + Array(message.messageID.utf8))
            return Resubmission(key: key, envelope: nil, submittedAt: submittedAt, window: window)
        case .invalid:
            return nil
        }
    }

    /// A message of the API with a key: that stands for sender, recipients and content, for a day.
    func resubmission(of message: SpooledMessage, at submittedAt: Timestamp, key: Submitter.Key) -> Resubmission {
        let name = Self.digest { sum in
            sum.add("api")
            sum.add(key.scope)
            sum.add(key.text)
        }
        let meant = Self.digest { sum in
            sum.add(message.sender.description)
            sum.add(Self.envelope(of: message))
            sum.add(content.finish())
        }
        return Resubmission(key: name, envelope: meant, submittedAt: submittedAt, window: Submitter.Key.window)
    }

    private static func envelope(of message: SpooledMessage) -> [UInt8] {
        digest { sum in
            sum.add(message.options.parameters)
            for recipient in message.recipients.map({ "\($0.address.text) \($0.options.parameters)" }).sorted() {
                sum.add(recipient)
            }
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
    /// Adds a value preceded by its length, so that no two lists of values yield the same octets.
    fileprivate func add(_ octets: [UInt8]) {
        withUnsafeBytes(of: UInt64(octets.count).littleEndian) { update($0) }
        octets.withUnsafeBytes { update($0) }
    }

    fileprivate func add(_ text: String) {
        add(Array(text.utf8))
    }
}
