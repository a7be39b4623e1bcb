package import Mail
package import Spool

extension Settlement {
    /// A message leaves the spool, delivered to all; for tests that look at nothing else.
    package static func removal(of id: QueueID) -> Settlement {
        let recipient = Recipient(address: Address(unchecked: "all@example.net"), state: .delivered)
        return Settlement(id: id, recipients: [recipient], cycles: 0, attempt: nil)
    }
}

extension SpoolOperation {
    package static func remove(_ id: QueueID, ticket: UInt64? = nil) -> SpoolOperation {
        .settle(.removal(of: id), ticket: ticket)
    }
}

extension SpoolClient {
    package func remove(_ id: QueueID, done: @escaping Acknowledgement) {
        settle(.removal(of: id), done: done)
    }
}
