import Mail
import Mailbox

/// Plays a session with an IMAP server.
final class IMAPPlay: Player {
    var client: IMAPClient
    private(set) var written: [UInt8] = []
    private(set) var events: [String] = []
    /// Of all messages that were read.
    private(set) var keys: [MessageKey] = []
    private(set) var errors: [MailboxError] = []
    private(set) var now = Duration.zero

    convenience init() { self.init(.off) }

    convenience init(
        _ tls: MailboxSecurity.TLSUse, _ limits: MailboxLimits = MailboxLimits(), inClear: Bool = true
    ) {
        let security = MailboxSecurity(tls: tls, authenticatesInClear: inClear)
        self.init(IMAPSettings(security: security, limits: limits))
    }

    init(_ settings: IMAPSettings) {
        client = IMAPClient(settings, now: .zero)
    }

    var hasRoom: Bool { client.hasRoom }
    var openFolder: OpenFolder? { client.openFolder }
    var isOver: Bool { client.isOver }
    var isEncrypted: Bool { client.isEncrypted }
    var capabilities: IMAPCapabilities { client.capabilities }
    var deadline: Duration? { client.deadline }
    var heldOctets: Int { client.heldOctets }

    func receive(_ octets: ArraySlice<UInt8>) {
        note(client.received(octets, now: now, into: &written))
    }

    func receive(_ text: String) { receive(Array(text.utf8)[...]) }

    private func note(_ new: [IMAPEvent]) {
        events += new.map(\.text)
        for event in new {
            switch event {
            case .message(let message): keys.append(message.key)
            case .failed(let error), .refused(let error), .loginRefused(let error): errors.append(error)
            default: break
            }
        }
    }

    func start(_ request: IMAPRequest) { note(client.start(request, now: now, into: &written)) }

    func act(_ words: [String]) {
        let rest = Array(words.dropFirst())
        switch words[0] {
        case "tls": client.tlsEstablished(now: now, into: &written)
        case "plain", "xoauth2", "oauthbearer", "scram", "slow":
            client.authenticate(authenticator(words), now: now, into: &written)
        case "respond":
            guard let waiting = client.waitingAuthenticator else { return }
            client.respond(rest.first.map { Array($0.utf8) }, waiting, now: now, into: &written)
        case "login":
            note(client.login(username: rest[0], password: Array(rest[1].utf8), now: now, into: &written))
        case "list": start(.listFolders)
        case "open": start(.open(Folder(named: rest.joined(separator: " "), isUTF8: client.capabilities.namesAreUTF8)))
        case "search":
            let since = rest.dropFirst(2).first.flatMap { Timestamp(rfc3339: $0) }
            start(.search(MessageSearch(field: rest[0], value: rest[1], since: since)))
        case "fetch":
            let uids = rest[0].split(separator: ",").compactMap { UInt32($0) }
            start(.fetch(uids, fields: rest.count > 1 ? Array(rest.dropFirst()) : nil))
        case "delete": start(.delete(keys))
        case "watch": note(client.watch(now: now, into: &written))
        case "logout": client.logout(now: now, into: &written)
        case "wait":
            now += .seconds(Int(rest[0]) ?? 0)
            note(client.deadlineReached(now: now, into: &written))
        case "end": note(client.connectionEnded())
        default: preconditionFailure("not an act: \(words)")
        }
    }
}
