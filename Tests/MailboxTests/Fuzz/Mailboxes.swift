import Mail
import Mailbox

/// A whole session with an IMAP server that sends arbitrary octets, split anywhere, and an owner that asks for everything.
/// Splitting changes nothing, nothing traps, and no more is held than the limits allow.
///
/// The first five octets are choices; 0xFE stands for a server that waits until the owner has acted.
func fuzzIMAP(_ input: UnsafeRawBufferPointer) {
    fuzzSession(input) { segments, choice in
        var owner = IMAPOwner(choice)
        for segment in segments where !owner.client.isOver { owner.take(segment) }
        owner.end()
        return owner.log
    }
}

/// The same with a POP3 server.
func fuzzPOP3(_ input: UnsafeRawBufferPointer) {
    fuzzSession(input) { segments, choice in
        var owner = POP3Owner(choice)
        for segment in segments where !owner.client.isOver { owner.take(segment) }
        owner.end()
        return owner.log
    }
}

private func fuzzSession(
    _ input: UnsafeRawBufferPointer, _ run: (_ segments: [[ArraySlice<UInt8>]], _ choice: UInt8) -> [String]
) {
    let choice = input.first ?? 0
    let lengths = input.dropFirst().prefix(4).map { max(1, Int($0)) }
    let segments = input.dropFirst(5).split(separator: 0xFE).map { Array($0)[...] }
    let whole = run(segments.map { [$0] }, choice)
    let cut = run(segments.map { parts(of: $0, lengths) }, choice)
    require(whole == cut, "the cut changed the session: \(whole) \(cut)")
}

private func parts(of whole: ArraySlice<UInt8>, _ lengths: [Int]) -> [ArraySlice<UInt8>] {
    var (parts, rest): ([ArraySlice<UInt8>], ArraySlice<UInt8>) = ([], whole)
    while !rest.isEmpty {
        let part = rest.prefix(lengths.isEmpty ? rest.count : lengths[parts.count % lengths.count])
        parts.append(part)
        rest = rest.dropFirst(part.count)
    }
    return parts
}

extension MailboxLimits {
    /// Small ones, which inputs reach.
    static var fuzzed: Self {
        var limits = Self()
        (limits.line, limits.literal, limits.response, limits.multiline) = (2_000, 500, 4_000, 20_000)
        (limits.header, limits.nesting, limits.folders, limits.found) = (100, 4, 3, 5)
        return limits
    }
}

extension MailboxSecurity {
    fileprivate init(_ choice: UInt8) {
        self.init(tls: TLSUse.allCases[Int(choice % 3)], authenticatesInClear: choice & 4 == 0)
    }
}

private struct IMAPOwner: ~Copyable {
    var client: IMAPClient
    private(set) var log: [String] = []
    private var now = Duration.zero
    private var keys: [MessageKey] = []
    private var plan: [IMAPRequest] = [
        .listFolders, .open(.inbox), .search(MessageSearch(field: "X-Probe", value: "tök")),
        .fetch([1, 2, 3], fields: nil), .open(Folder(named: "Entwürfe", isUTF8: false)), .fetch([7], fields: ["To"]),
    ]
    private let choice: UInt8

    init(_ choice: UInt8) {
        self.choice = choice
        let settings = IMAPSettings(security: MailboxSecurity(choice), limits: .fuzzed)
        client = IMAPClient(settings, now: .zero)
        if settings.security.tls == .implicit { act { $0.tlsEstablished(now: $1, into: &$2) } }
    }

    mutating func take(_ parts: [ArraySlice<UInt8>]) {
        var events: [IMAPEvent] = []
        var out: [UInt8] = []
        for part in parts {
            events += client.received(part, now: now, into: &out)
            require(client.heldOctets <= MailboxLimits.fuzzed.response, "too much is held")
        }
        note(events, out)
        now += .seconds(20)
        act { events += $0.deadlineReached(now: $1, into: &$2) }
        for event in events { react(event) }
        proceed()
    }

    mutating func end() {
        log += client.connectionEnded().map(\.text)
        require(client.isOver, "a session goes on without a connection")
    }

    private mutating func act(_ body: (inout IMAPClient, Duration, inout [UInt8]) -> Void) {
        var out: [UInt8] = []
        body(&client, now, &out)
        note([], out)
    }

    private mutating func note(_ events: [IMAPEvent], _ out: [UInt8]) {
        log += events.map(\.text)
        if !out.isEmpty { log.append(String(decoding: out, as: UTF8.self)) }
    }

    private mutating func react(_ event: IMAPEvent) {
        switch event {
        case .startTLS: act { $0.tlsEstablished(now: $1, into: &$2) }
        case .authenticate, .loginRefused:
            let words = [["plain", "u", "p"], ["scram"], ["slow"], ["xoauth2", "u", "t"]][Int(choice >> 3 & 3)]
            if choice & 0x20 == 0 {
                act { $0.authenticate(authenticator(words), now: $1, into: &$2) }
            } else {
                act { _ = $0.login(username: "ü\"", password: Array("p".utf8), now: $1, into: &$2) }
            }
        case .challenge:
            act { client, now, out in
                if let waiting = client.waitingAuthenticator { client.respond([1], waiting, now: now, into: &out) }
            }
        case .message(let message): keys.append(message.key)
        case .ready, .folders, .opened, .found, .fetched, .deleted, .refused, .watching, .news, .goodbye, .failed: break
        }
    }

    private mutating func proceed() {
        guard client.hasRoom, !client.isOver else { return }
        var events: [IMAPEvent] = []
        if !plan.isEmpty {
            let request = plan.removeFirst()
            act { events += $0.start(request, now: $1, into: &$2) }
        } else if !keys.isEmpty {
            let request = IMAPRequest.delete(keys)
            keys = []
            act { events += $0.start(request, now: $1, into: &$2) }
            act { client, now, out in
                if client.hasRoom { events += client.watch(now: now, into: &out) }
            }
        } else if choice & 0x40 == 0 {
            plan = [.search(MessageSearch(field: "A", value: "b"))]
        } else {
            act { $0.logout(now: $1, into: &$2) }
        }
        note(events, [])
    }
}

private struct POP3Owner: ~Copyable {
    var client: POP3Client
    private(set) var log: [String] = []
    private var now = Duration.zero
    private var keys: [POP3Key] = []
    private var plan: [POP3Request] = [.count, .uniqueIDs(newest: nil), .sizes, .uniqueIDs(newest: 3)]
    private let choice: UInt8

    init(_ choice: UInt8) {
        self.choice = choice
        let settings = POP3Settings(security: MailboxSecurity(choice), limits: .fuzzed)
        client = POP3Client(settings, now: .zero)
        if settings.security.tls == .implicit { act { $0.tlsEstablished(now: $1, into: &$2) } }
    }

    mutating func take(_ parts: [ArraySlice<UInt8>]) {
        var events: [POP3Event] = []
        var out: [UInt8] = []
        for part in parts {
            events += client.received(part, now: now, into: &out)
            require(client.heldOctets <= (64 << 10) + MailboxLimits.fuzzed.header, "too much is held")
        }
        note(events, out)
        now += .seconds(20)
        act { client, now, _ in events += client.deadlineReached(now: now) }
        for event in events { react(event) }
        proceed()
    }

    mutating func end() {
        log += client.connectionEnded().map(\.text)
        require(client.isOver, "a session goes on without a connection")
    }

    private mutating func act(_ body: (inout POP3Client, Duration, inout [UInt8]) -> Void) {
        var out: [UInt8] = []
        body(&client, now, &out)
        note([], out)
    }

    private mutating func note(_ events: [POP3Event], _ out: [UInt8]) {
        log += events.map(\.text)
        if !out.isEmpty { log.append(String(decoding: out, as: UTF8.self)) }
    }

    private mutating func react(_ event: POP3Event) {
        switch event {
        case .startTLS: act { $0.tlsEstablished(now: $1, into: &$2) }
        case .authenticate, .loginRefused:
            let words = [["plain", "u", "p"], ["scram"], ["slow"], ["xoauth2", "u", "t"]][Int(choice >> 3 & 3)]
            if choice & 0x20 == 0 {
                act { $0.authenticate(authenticator(words), now: $1, into: &$2) }
            } else {
                act { _ = $0.login(username: "u", password: Array("p".utf8), now: $1, into: &$2) }
            }
        case .challenge:
            act { client, now, out in
                if let waiting = client.waitingAuthenticator { client.respond([1], waiting, now: now, into: &out) }
            }
        case .entry(let entry): if plan.count < 8 { plan.append(.header(entry)) }
        case .message(let message): keys.append(message.key)
        case .ready, .counted, .size, .listed, .marked, .refused, .goodbye, .failed: break
        }
    }

    private mutating func proceed() {
        guard client.hasRoom else { return }
        var events: [POP3Event] = []
        if !plan.isEmpty {
            let request = plan.removeFirst()
            act { events += $0.start(request, now: $1, into: &$2) }
        } else if !keys.isEmpty {
            let request = POP3Request.delete(keys)
            keys = []
            act { events += $0.start(request, now: $1, into: &$2) }
        } else {
            act { $0.quit(now: $1, into: &$2) }
        }
        note(events, [])
    }
}
