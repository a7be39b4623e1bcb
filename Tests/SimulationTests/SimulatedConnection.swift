import Glibc
import Mail
import NIOCore

/// The server's end of a connection.
///
/// The relay's output arrives here after the upstream's latency; replies take as long to return, in order.
final class SimulatedConnection {
    private struct Answer {
        var text: String
        var dots: [(dot: Oracle.Dot, code: UInt16)] = []
    }

    private static let lineEnd: [UInt8] = [0x0D, 0x0A]
    private static let contentEnd: [UInt8] = [0x0D, 0x0A, 0x2E, 0x0D, 0x0A]

    private let upstream: SimulatedUpstream
    private let timeline: Timeline
    private let loop: SimulatedLoop
    weak var channel: SimulatedChannel?
    private var input = ByteBuffer()
    private var isHanging = false
    private(set) var isClosed = false
    /// Whether octets in transit are lost.
    private var isCut = false
    /// Since when the relay hears nothing from here.
    private var goneSince: Timestamp?
    private var lastHeard: Int64
    private var lastSaid: Int64 = 0
    /// Octets in transit to the server.
    private var underway = 0

    // The transaction.
    private var hasSender = false
    /// The message; of notices all that its recipient may be meant for.
    private var messages: [Int] = []
    private var recipients: [Int] = []
    /// Lines of AUTH LOGIN that are still to come.
    private var loginLines = 0
    private var isInContent = false
    private var chunk: Int?
    /// Whether content is to come for no recipient.
    private var wantsContentForNobody = false
    /// Whether the relay has been told why its token is no good, and has to answer before it is refused.
    private var refusesToken = false
    /// The line with the secret.
    private var echo = ""
    private var openDots: [Oracle.Dot] = []
    /// Of the address that it is a connection to.
    let sickness: Habits.Sickness?
    /// Messages that had a result.
    private var results = 0
    private var isAbandoned = false
    /// Whether the relay has said QUIT.
    private var isLeft = false

    init(_ upstream: SimulatedUpstream, _ loop: SimulatedLoop, _ sickness: Habits.Sickness? = nil) {
        self.sickness = sickness
        self.upstream = upstream
        self.timeline = upstream.timeline
        self.loop = loop
        self.lastHeard = timeline.now
    }

    /// Whether the relay has it open as well.
    var isWithRelay: Bool { !isClosed && goneSince == nil }

    // MARK: - The wire

    /// The relay has written.
    func written(_ octets: ByteBuffer) {
        underway += 1
        upstream.trace.mix(UInt64(octets.readableBytes))
        timeline.after(upstream.nature.latency) { [self] in
            underway -= 1
            defer { if isAbandoned, underway == 0 { close() } }
            guard !isCut else { return }
            received(octets)
            if !isHanging { channel?.drained() }
        }
    }

    func closedByRelay() {
        goneSince = upstream.oracle.present
        doubtAll()
        timeline.after(upstream.nature.latency) { [self] in close() }
    }

    /// The relay has died; what it had written still arrives, or is lost with its machine.
    func abandoned(losesOctets: Bool) {
        isCut = losesOctets
        isAbandoned = true
        goneSince = upstream.oracle.present
        doubtAll()
        if underway == 0 { close() }
    }

    /// Ends the connection from here; the relay notices.
    func drop() {
        guard !isClosed else { return }
        if !isLeft { upstream.hadTrouble() }
        close()
        let time = max(lastSaid, timeline.now + upstream.nature.latency.nanoseconds)
        lastSaid = time
        loop.at(time) { [self] in
            guard let channel, channel.isActive else { return }
            upstream.trace.note { "\(self.upstream.nature.name): connection lost" }
            doubtAll()
            channel.closedByServer()
        }
    }

    private func close() {
        isClosed = true
        input = ByteBuffer()
    }

    private func doubtAll() {
        for dot in openDots { upstream.oracle.doubted(dot, since: upstream.oracle.present) }
        openDots = []
    }

    private func say(_ usual: String, after delay: Duration = .zero, about dot: Oracle.Dot? = nil) {
        // The text of a challenge is read by a program.
        let isOdd = habits.isOdd && isGreeted && !usual.hasPrefix("334 ")
        let text = isOdd ? usual.written(oddly: upstream.chance) : usual
        let time = max(lastSaid, timeline.now + delay.nanoseconds + upstream.nature.latency.nanoseconds)
        lastSaid = time
        loop.at(time) { [self] in
            guard let channel, channel.isActive else { return }
            upstream.trace.note { "\(self.upstream.nature.name) > \(text)" }
            if let dot {
                dot.answer = text.replyCode ?? 0
                openDots.removeAll { $0 === dot }
            }
            channel.receive(ByteBuffer(string: text + "\r\n"))
        }
    }

    private var habits: Habits { upstream.nature.habits }
    private var isGreeted = false

    func greet() {
        switch sickness {
        case .mute: isHanging = true
        case .closes: drop()
        case .turnsAway:
            say(upstream.chance.one(of: ["421 4.3.2 no service here", "554 5.3.2 no service here"]))
            drop()
        case nil, .refuses, .ignores:
            guard !isRefused(at: .banner) else { return }
            if habits.greeting > .zero {
                timeline.after(habits.greeting) { [self] in
                    lastHeard = timeline.now
                    if !isClosed { answer(.banner, greeting) }
                }
            } else {
                answer(.banner, greeting)
            }
        }
    }

    private var greeting: String { "220 \(upstream.nature.name)" }

    /// Refuses to go on, as its habits are.
    private func isRefused(at phase: Weather.Phase) -> Bool {
        let limits = [
            habits.perSession.flatMap { results >= $0.count ? $0 : nil },
            habits.atATime.flatMap { upstream.sessions(before: self) >= $0.count ? $0 : nil },
        ]
        guard let limit = limits.compactMap({ $0 }).first(where: { $0.phase == phase }) else { return false }
        upstream.refusals += 1
        upstream.hadTrouble()
        if let reply = limit.reply { say(reply) }
        if limit.closes || limit.reply == nil { drop() }
        return true
    }

    /// It ends a session that has had enough messages.
    private func closeIfEnough() {
        results += 1
        guard let closing = habits.closing, results >= closing.count, !isClosed else { return }
        if let reply = closing.reply { say(reply) }
        drop()
    }

    /// A verdict before all of the content has come.
    private func isTooLarge(_ octets: Int) -> Bool {
        guard let limit = habits.contentLimit, octets > limit.octets, !messages.isEmpty else { return false }
        for message in messages { upstream.oracle.condemned(message, recipients, by: upstream.index) }
        say(limit.reply)
        drop()
        return true
    }

    // MARK: - Reading

    private func received(_ octets: ByteBuffer) {
        guard !isClosed, !isHanging else { return }
        if timeline.now - lastHeard > upstream.nature.idleLimit.nanoseconds { return drop() }
        lastHeard = timeline.now
        input.writeImmutableBuffer(octets)
        while !isClosed, !isHanging, step() {}
        input.discardReadBytes()
    }

    private func step() -> Bool {
        if let chunk {
            guard !isTooLarge(chunk) else { return false }
            guard let content = input.readSlice(length: chunk) else { return false }
            self.chunk = nil
            dotted(content)
            return true
        }
        if isInContent {
            let whole = position(of: Self.contentEnd, rare: 2)
            guard !isTooLarge(whole ?? input.readableBytes) else { return false }
            guard let end = whole, var content = input.readSlice(length: end + 5)
            else { return false }
            isInContent = false
            dotted(content.readSlice(length: end + 2) ?? ByteBuffer())
            return true
        }
        guard let end = position(of: Self.lineEnd, rare: 0), let line = input.readString(length: end) else {
            return false
        }
        input.moveReaderIndex(forwardBy: 2)
        if habits.dropsPipelined, !line.hasPrefix("BDAT"), input.readableBytes > 0 {
            upstream.dropped()
            input.clear()
        }
        command(line)
        return true
    }

    /// Start of the pattern; found by the rarest of its octets.
    private func position(of pattern: [UInt8], rare: Int) -> Int? {
        input.withUnsafeReadableBytes { bytes in
            guard let base = bytes.baseAddress, bytes.count >= pattern.count else { return nil }
            var from = rare
            while from < bytes.count, let found = memchr(base + from, Int32(pattern[rare]), bytes.count - from) {
                let start = UnsafeRawPointer(found) - base - rare
                guard start + pattern.count <= bytes.count else { return nil }
                if memcmp(base + start, pattern, pattern.count) == 0 { return start }
                from = start + rare + 1
            }
            return nil
        }
    }

    // MARK: - Answering

    private func command(_ line: String) {
        upstream.trace.note { "\(self.upstream.nature.name) < \(line)" }
        guard loginLines == 0 else { return continueLogin(line) }
        guard !refusesToken else { return refuseToken() }
        guard !wantsContentForNobody else { return contentForNobody(line) }
        switch line.prefix(4) {
        case "EHLO":
            guard !isRefused(at: .ehlo) else { return }
            guard answer(.ehlo, offer) else { return }
            isGreeted = true
            upstream.opened()
        case "AUTH":
            echo = line
            logIn(line)
        case "MAIL":
            (messages, recipients) = ([], [])
            hasSender = false
            guard !isRefused(at: .mail) else { return }
            hasSender = answer(.mail, "250 2.1.0 ok")
        case "RCPT": recipient(line)
        case "DATA":
            guard !recipients.isEmpty else { return dataForNobody() }
            if upstream.weather == .mumbling(.data) {
                for message in messages { upstream.oracle.refusedWhole(message, by: upstream.index) }
            }
            isInContent = answer(.data, "354 go on")
        case "BDAT": chunk = Int(line.split(separator: " ")[1])
        case "RSET":
            hasSender = false
            say("250 2.0.0 ok")
        case "NOOP": say("250 2.0.0 ok")
        case "QUIT":
            say("221 2.0.0 bye")
            isLeft = true
            drop()
        default: say("500 5.5.2 what")
        }
    }

    private func logIn(_ line: String) {
        if let tokens = upstream.tokens { return logIn(line, tokens) }
        guard upstream.nature.habits.refusesPlain else {
            answer(.auth, "235 2.7.0 in")
            return
        }
        guard line.hasPrefix("AUTH LOGIN") else { return say("535 5.7.8 not in this way") }
        loginLines = line == "AUTH LOGIN" ? 2 : 1
        say(loginLines == 2 ? "334 VXNlcm5hbWU6" : "334 UGFzc3dvcmQ6")
    }

    private func logIn(_ line: String, _ tokens: SimulatedTokens) {
        if tokens.accepts(line) {
            answer(.auth, "235 2.7.0 in")
        } else {
            refusesToken = true
            say("334 eyJzdGF0dXMiOiI0MDEifQ==")
        }
    }

    /// Some servers close the connection then.
    private func refuseToken() {
        refusesToken = false
        say("535 5.7.3 no")
        if upstream.chance.percent(30) { drop() }
    }

    /// A line of AUTH LOGIN.
    private func continueLogin(_ line: String) {
        echo = line
        loginLines -= 1
        if loginLines == 0 { answer(.auth, "235 2.7.0 in") } else { say("334 UGFzc3dvcmQ6") }
    }

    private var offer: String {
        let nature = upstream.nature
        var lines = [nature.name, "ENHANCEDSTATUSCODES", "8BITMIME"]
        if nature.pipelining { lines.append(nature.habits.isOdd ? "pipelining" : "PIPELINING") }
        if nature.binary { lines += ["CHUNKING", "BINARYMIME"] }
        if nature.hasTokens {
            lines.append("AUTH LOGIN XOAUTH2")
        } else if nature.authenticates {
            lines.append(nature.habits.refusesPlain ? "AUTH PLAIN LOGIN" : "AUTH PLAIN")
        }
        if nature.recipientLimit > 0 { lines.append("LIMITS RCPTMAX=\(nature.recipientLimit)") }
        if nature.reports { lines.append("DSN") }
        if nature.messageLimit > 0 { lines.append("LIMITS MAILMAX=\(nature.messageLimit)") }
        return lines.dropLast().map { "250-\($0)\r\n" }.joined() + "250 \(lines[lines.count - 1])"
    }

    private func dataForNobody() {
        wantsContentForNobody = habits.wantsContentForNobody
        say(wantsContentForNobody ? "354 go on" : "554 5.5.1 no valid recipients")
    }

    /// RFC 2920 section 3.1: an empty message, and nothing more before its reply.
    private func contentForNobody(_ line: String) {
        wantsContentForNobody = false
        if line != "." || input.readableBytes > 0 {
            upstream.oracle.problem("\(upstream.nature.name) gets \(line) as content for nobody")
        }
        switch upstream.chance.number(0...3) {
        case 0: isHanging = true
        case 1: say("554 5.5.1 no valid recipients")
        default: say("250 2.0.0 taken, for nobody")
        }
    }

    private func recipient(_ line: String) {
        let address = line.drop { $0 != "<" }.dropFirst().prefix { $0 != ">" }
        guard hasSender, let (messages, recipient) = meaning(of: address) else { return say("503 5.5.1 no sender") }
        self.messages = messages
        let oracle = upstream.oracle
        if messages.count == 1 {
            upstream.suppressions?.asked(String(address), of: messages[0])
            oracle.asked(messages[0], at: upstream.index)
        }
        // Senders have an `s` in front.
        let name = address.hasPrefix("s") ? address.dropFirst() : address
        if name.hasPrefix("x") {
            for message in messages { oracle.condemned(message, [recipient], by: upstream.index) }
            upstream.suppressions?.calledUnknown(String(address))
            return say("550 5.1.1 no such user")
        }
        if name.hasPrefix("y") {
            for message in messages { oracle.refused(message, [recipient], by: upstream.index) }
            return say(upstream.chance.one(of: Weather.mumbles))
        }
        if upstream.weather == .mumbling(.rcpt) {
            for message in messages { oracle.refused(message, [recipient], by: upstream.index) }
        }
        if upstream.weather != .fine, upstream.chance.percent(2) {
            for message in messages { oracle.condemned(message, [recipient], by: upstream.index) }
            upstream.suppressions?.calledUnknown(String(address))
            return say("550 5.1.1 no such user here")
        }
        if answer(.rcpt, "250 2.1.5 ok") { recipients.append(recipient) }
    }

    /// `r2@m17.d1.test` is recipient 2 of message 17, and so is `r2.m17@b.test`. Notices go to other addresses, and which
    /// one it is only its content tells.
    private func meaning(of address: Substring) -> (messages: [Int], recipient: Int)? {
        let parts = address.split(separator: "@")
        guard parts.count == 2 else { return nil }
        if parts[1].hasPrefix("m"), let recipient = Int(parts[0].dropFirst()),
            let message = Int(parts[1].dropFirst().prefix { $0 != "." })
        {
            return ([message], recipient)
        }
        let words = parts[0].split(separator: ".")
        if words.count == 2, words[1].hasPrefix("m"), let recipient = Int(words[0].dropFirst()),
            let message = Int(words[1].dropFirst())
        {
            return ([message], recipient)
        }
        let notices = upstream.oracle.notices(to: String(address))
        return notices.isEmpty ? nil : (notices, 0)
    }

    /// - Returns: whether the usual answer was given, sooner or later.
    @discardableResult
    private func answer(_ phase: Weather.Phase, _ usual: String) -> Bool {
        switch upstream.misfortune(at: phase) {
        case nil:
            say(usual)
            return true
        case .late(let delay):
            say(usual, after: delay)
            return true
        case .hang, .takenAndHang:
            isHanging = true
        case .drop, .takenAndDrop:
            drop()
        case .reply(let text):
            // Some servers repeat what they do not like.
            say(phase == .auth && upstream.chance.percent(50) ? "\(text): \(echo)" : text)
        case .farewell(let text):
            say(text)
            drop()
        }
        return false
    }

    // MARK: - After the final dot

    private func dotted(_ content: ByteBuffer) {
        guard let message = upstream.oracle.message(in: content, of: messages),
            let dot = upstream.oracle.dotted(message, recipients, at: upstream.index, content: content)
        else { return say("451 4.3.0 what is this") }
        upstream.trace.note { "\(self.upstream.nature.name) < final dot of message \(message) for \(self.recipients)" }
        if let goneSince { upstream.oracle.doubted(dot, since: goneSince) } else { openDots.append(dot) }
        hasSender = false
        let key = key(of: content)
        switch upstream.misfortune(at: .dot) {
        case nil:
            conclude(dot, message, key, upstream.nature.thought)
            closeIfEnough()
        case .late(let delay): conclude(dot, message, key, delay)
        case .hang: isHanging = true
        case .drop: drop()
        case .takenAndHang:
            take(dot, message, key)
            isHanging = true
        case .takenAndDrop:
            take(dot, message, key)
            drop()
        case .reply(let text):
            if Weather.mumbles.contains(text) {
                upstream.oracle.refused(message, dot.recipients, by: upstream.index)
            }
            say(text, about: dot)
        case .farewell(let text):
            say(text, about: dot)
            drop()
        }
    }

    private func conclude(_ dot: Oracle.Dot, _ message: Int, _ key: String?, _ delay: Duration) {
        if upstream.oracle.isRefusedForItsContent(message) {
            if !message.isMultiple(of: 2) {
                upstream.oracle.refused(message, dot.recipients, by: upstream.index)
                return say(upstream.chance.one(of: Weather.mumbles), after: delay, about: dot)
            }
            upstream.oracle.condemned(message, dot.recipients, by: upstream.index)
            return say("554 5.6.0 content refused", after: delay, about: dot)
        }
        take(dot, message, key)
        say("250 2.0.0 taken", after: delay, about: dot)
    }

    private func take(_ dot: Oracle.Dot, _ message: Int, _ key: String?) {
        guard upstream.remember(key) else { return dot.isTaken = true }
        upstream.oracle.taken(dot, message)
        upstream.passesOn?(message)
    }

    /// The value of `Resend-Idempotency-Key` if the content begins with it.
    private func key(of content: ByteBuffer) -> String? {
        guard upstream.nature.provider == "resend",
            let head = content.getString(at: content.readerIndex, length: min(200, content.readableBytes)),
            head.hasPrefix("Resend-Idempotency-Key: ")
        else { return nil }
        return String(head.dropFirst(24).prefix { $0 != "\r\n" })
    }
}
