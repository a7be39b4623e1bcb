internal import Mail

/// Whether a session may send under an address: every list of senders that applies to it must have the address.
struct SenderCheck {
    /// Why not.
    struct Refusal: Equatable {
        /// Without the line end; ASCII, well below the limit of a line.
        let reply: String
    }

    private enum Owner: String {
        case user = "this user may use"
        case listener = "this listener takes"
    }

    /// Maximum octets of an address that a reply repeats.
    private static let shown = 200

    private let lists: [(owner: Owner, senders: AllowedSenders)]

    /// - Returns: nil if there is nothing to check.
    init?(listener: AllowedSenders?, user: AllowedSenders?) {
        guard listener != nil || user != nil else { return nil }
        let all: [(owner: Owner, senders: AllowedSenders?)] = [(.user, user), (.listener, listener)]
        lists = all.compactMap { owner, senders in senders.map { (owner, $0) } }
    }

    /// MAIL; the null sender is anybody's (RFC 5321 section 4.5.5).
    func refusal(of sender: ReversePath) -> Refusal? {
        sender.address.flatMap { refusal(of: $0.text, in: "MAIL FROM") }
    }

    /// The end of the content. A message without `From` claims to be from nobody but its envelope sender.
    func refusal(of fields: FromFields) -> Refusal? {
        guard !fields.isTooLong else { return Self.refusal("From: is too long to be checked") }
        for body in fields.bodies {
            guard let list = MailboxList(body), !list.mailboxes.isEmpty else {
                return Self.refusal("From: is no list of addresses that can be checked")
            }
            for mailbox in list.mailboxes {
                if let refusal = refusal(of: mailbox.address, in: "From:") { return refusal }
            }
        }
        return nil
    }

    private func refusal(of address: String, in place: String) -> Refusal? {
        guard let list = lists.first(where: { !$0.senders.contain(address) }) else { return nil }
        return Self.refusal("\(place) \(Self.words(for: address)) is no sender that \(list.owner.rawValue)")
    }

    private static func refusal(_ reason: String) -> Refusal { Refusal(reply: "550 5.7.1 \(reason)") }

    private static func words(for address: String) -> String {
        let isPlain = address.utf8.count <= shown && address.utf8.allSatisfy { (0x20...0x7E).contains($0) }
        return isPlain ? "<\(address)>" : "(not shown)"
    }
}
