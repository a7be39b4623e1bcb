import Mail
import Mailbox
import RoundTrips

@testable import Probing

/// Plays a visit. A message is the relay's own if its token begins with `p1.own`.
final class VisitPlay<Visit: MailboxVisit & ~Copyable> {
    private(set) var visit: Visit
    private(set) var written: [UInt8] = []
    private(set) var events: [String] = []
    private(set) var now = Duration.zero

    init(_ visit: consuming Visit) {
        self.visit = visit
    }

    var memory: MailboxMemory { visit.memory }
    var deadline: Duration? { visit.deadline }

    /// - Parameter cut: none for a server that sends line by line.
    func play(_ transcript: Transcript, _ cut: Transcript.Cut = .none) {
        var position = 0
        for step in transcript.steps {
            switch step {
            case .server(let octets):
                for part in cut == .none ? Self.lines(octets) : cut.parts(octets, from: position) { receive(part) }
                position += octets.count
            case .owner(let words): act(words)
            }
        }
    }

    /// The answer to a command comes behind it.
    private static func lines(_ octets: [UInt8]) -> [ArraySlice<UInt8>] {
        octets.split(separator: 0x0A, omittingEmptySubsequences: false).dropLast().map {
            octets[$0.startIndex...$0.endIndex]
        }
    }

    func receive(_ octets: some Collection<UInt8>) {
        visit.received(octets, now: now, into: &written)
        pump()
    }

    func act(_ words: [String]) {
        switch words[0] {
        case "tls": visit.tlsEstablished(now: now, into: &written)
        case "login": visit.login(username: words[1], password: Array(words[2].utf8), now: now, into: &written)
        case "look": visit.look(now: now, into: &written)
        case "leave": visit.leave(now: now, into: &written)
        case "wait":
            now += .milliseconds(Int(words[1]) ?? 0)
            visit.deadlineReached(now: now, into: &written)
        case "end": visit.connectionEnded()
        default: visit.authenticate(authenticator(words), now: now, into: &written)
        }
        pump()
    }

    private func pump() {
        while let event = visit.next(now: now, into: &written) {
            events.append(event.text)
            if case .found(let message) = event { visit.judge(isOurs: message.isOwn) }
        }
    }

    /// What the client writes, by lines.
    var lines: [String] {
        String(decoding: written, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }
}

extension FoundMessage {
    fileprivate var isOwn: Bool { String(decoding: header, as: UTF8.self).contains("p1.own") }
}

extension VisitEvent {
    fileprivate var text: String {
        switch self {
        case .startTLS: "startTLS"
        case .authenticate(let offer): "authenticate \(offer.mechanisms.joined(separator: " "))"
        case .challenge: "challenge"
        case .loginRefused(let error): "loginRefused \(error.code.rawValue)"
        case .found(let message):
            "found \(message.folder.rawValue) \(message.place) \(message.internalDate?.rfc3339 ?? "-")"
        case .looked(let began): "looked \(began.components.seconds)"
        case .kept(let error): "kept \(error.code.rawValue)"
        case .over(nil): "over"
        case .over(let error?): "over \(error.kind.rawValue) \(error.code.rawValue)"
        }
    }
}

extension VisitPlay where Visit == IMAPVisit {
    convenience init(_ folders: [String] = [], _ memory: MailboxMemory = MailboxMemory()) {
        let settings = IMAPSettings(security: MailboxSecurity(tls: .off, authenticatesInClear: true))
        let wall = Timestamp(rfc3339: "2026-11-30T12:00:00.000Z") ?? Timestamp(milliseconds: 0)
        self.init(IMAPVisit(settings, folders: folders, memory: memory, now: .zero) { wall })
    }
}

extension VisitPlay where Visit == POP3Visit {
    convenience init(_ memory: MailboxMemory = MailboxMemory()) {
        let settings = POP3Settings(security: MailboxSecurity(tls: .off, authenticatesInClear: true))
        self.init(POP3Visit(settings, memory: memory, now: .zero))
    }
}
