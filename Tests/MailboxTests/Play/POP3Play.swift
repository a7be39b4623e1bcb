import Mail
import Mailbox

/// Plays a session with a POP3 server.
final class POP3Play: Player {
    var client: POP3Client
    private(set) var written: [UInt8] = []
    private(set) var events: [String] = []
    private(set) var entries: [POP3Entry] = []
    /// Of all messages that were read.
    private(set) var keys: [POP3Key] = []
    private(set) var errors: [MailboxError] = []
    private(set) var now = Duration.zero

    convenience init() { self.init(.off) }

    init(_ tls: MailboxSecurity.TLSUse, _ limits: MailboxLimits = MailboxLimits(), inClear: Bool = true) {
        let security = MailboxSecurity(tls: tls, authenticatesInClear: inClear)
        client = POP3Client(POP3Settings(security: security, limits: limits), now: .zero)
    }

    var isOver: Bool { client.isOver }
    var isEncrypted: Bool { client.isEncrypted }
    var capabilities: POP3Capabilities { client.capabilities }
    var deadline: Duration? { client.deadline }
    var heldOctets: Int { client.heldOctets }

    func receive(_ octets: ArraySlice<UInt8>) {
        note(client.received(octets, now: now, into: &written))
    }

    func receive(_ text: String) { receive(Array(text.utf8)[...]) }

    private func note(_ new: [POP3Event]) {
        events += new.map(\.text)
        for event in new {
            switch event {
            case .entry(let entry): entries.append(entry)
            case .message(let message): keys.append(message.key)
            case .failed(let error), .refused(let error), .loginRefused(let error): errors.append(error)
            default: break
            }
        }
    }

    func start(_ request: POP3Request) { note(client.start(request, now: now, into: &written)) }

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
        case "count": start(.count)
        case "list": start(.uniqueIDs(newest: rest.first.flatMap { Int($0) }))
        case "sizes": start(.sizes)
        case "header":
            guard let entry = entries.last(where: { String($0.number) == rest[0] }) else { return }
            start(.header(entry))
        case "delete": start(.delete(keys))
        case "quit": client.quit(now: now, into: &written)
        case "wait":
            now += .seconds(Int(rest[0]) ?? 0)
            note(client.deadlineReached(now: now))
        case "end": note(client.connectionEnded())
        default: preconditionFailure("not an act: \(words)")
        }
    }
}
