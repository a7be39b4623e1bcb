internal import Mail
internal import Spool

/// What a listing is sorted by; messages that are equal in it come by queue ID.
package enum QueueSort: String, Sendable, CaseIterable {
    /// Oldest first, as without sorting.
    case age
    /// Largest first.
    case size
    /// Due soonest first, by what is recorded; those that nothing is planned for come last.
    case next
    /// Those with the most attempts of a recipient first.
    case attempts
    /// By the sender's address.
    case sender

    /// A message and its place in the listing.
    struct Key: Sendable {
        let id: QueueID
        let number: Int64
        var text = ""

        static func isBefore(_ left: Key, _ right: Key) -> Bool {
            guard left.number == right.number else { return left.number < right.number }
            guard left.text == right.text else { return left.text < right.text }
            return left.id < right.id
        }
    }

    func key(of message: MessageGlance) -> Key {
        switch self {
        case .age: return Key(id: message.id, number: message.receivedAt.milliseconds)
        case .size: return Key(id: message.id, number: Int64(-message.size))
        case .next: return Key(id: message.id, number: message.nextAttemptAt?.milliseconds ?? .max)
        case .attempts: return Key(id: message.id, number: Int64(-message.mostAttempts))
        case .sender:
            return Key(id: message.id, number: 0, text: String(decoding: message.sender, as: UTF8.self).lowercased())
        }
    }
}

extension MessageGlance {
    fileprivate var mostAttempts: Int {
        var most = 0
        forEachRecipient { recipient in
            most = max(most, recipient.attempts)
            return true
        }
        return most
    }
}
