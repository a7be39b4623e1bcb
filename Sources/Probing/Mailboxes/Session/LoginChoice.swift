internal import Mailbox
internal import SASL

/// Ways to log in, one after another: servers offer mechanisms that they do not support for an account. All carry the same
/// secret, so that the second refusal is about the account.
struct LoginChoice: Sendable {
    enum Way: Hashable, Sendable {
        case sasl(SASLMechanism)
        /// The protocol's own command: LOGIN, or USER and PASS.
        case command
    }

    private static let attempts = 2

    private var ways: [Way]
    private var attempts = 0

    init(_ offer: LoginOffer, _ credentials: Credentials, _ binding: ChannelBinding?, allowsClearText: Bool) {
        let shows = offer.isEncrypted || allowsClearText
        ways = SASLClient.usable(
            of: offer.mechanisms, credentials: credentials, binding: binding, allowsPlaintextPasswords: shows
        ).map(Way.sasl)
        if case .password = credentials.secret, offer.allowsPassword, shows { ways.append(.command) }
        // Where the strongest does not work, what needs the least of the server.
        let plain = ways.filter { [.command, .sasl(.plain), .sasl(.login)].contains($0) }
        ways = ways.prefix(1) + plain.filter { $0 != ways.first } + ways.dropFirst().filter { !plain.contains($0) }
    }

    var hasNext: Bool { attempts < Self.attempts && !ways.isEmpty }

    /// The next one; nil if there is none, or the account is to blame.
    mutating func next() -> Way? {
        guard hasNext else { return nil }
        attempts += 1
        return ways.removeFirst()
    }
}
