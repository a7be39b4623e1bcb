import Admin
import Delivery
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@Suite("Exported and imported messages")
struct ExchangeTests {
    private static let id = QueueID(rawValue: 77)

    private static func message(_ change: (inout SpooledMessage) -> Void = { _ in }) -> SpooledMessage {
        var options = MessageOptions()
        options.returnContent = .headers
        (options.envelopeID, options.usesUTF8, options.requiresTLS) = ("QQ314159", true, true)
        let recipients = [
            Recipient(
                address: Address(unchecked: "\"a <b> c\"@b.example"),
                options: RecipientOptions(notify: [.failure, .delay], originalRecipient: "rfc822;a@b.example"),
                state: .deferred, attempts: 3, upstream: "ses", lastReply: "451 later"),
            Recipient(address: Address(unchecked: "gone@b.example"), state: .delivered),
            Recipient(address: Address(unchecked: "jörg@exämple.org")),
            Recipient(address: Address(unchecked: "held@b.example"), state: .held, holdReason: .damaged),
            Recipient(address: Address(unchecked: "doubt@b.example"), state: .inDoubt, upstream: "ses"),
        ]
        var message = SpooledMessage(
            id: id, receivedAt: RunningAdmin.now, sender: ReversePath(address: Address(unchecked: "app@a.example")),
            body: .eightBitMIME, priority: .bulk, messageID: "<m@a.example>", origin: "c [127.0.0.1]", user: "shop",
            options: options, routing: RoutingFacts(route: "bulk", headers: ["x-a": "y"], relays: ["one", "two"]),
            size: 20,
            recipients: recipients)
        change(&message)
        return message
    }

    @Test("a message that the relay itself has written is stored as it is, has no sender, and goes first")
    func own() async throws {
        let spool = FaultySpool(firstID: QueueID(rawValue: 500))
        let intake = MessageIntake(spool, hostname: "relay.example", capturing: [], now: { RunningAdmin.now })
        let recipients = [Address(unchecked: "ann@b.example"), Address(unchecked: "bob@b.example")]
        let id = try await intake.take(to: recipients) { id, moment in
            #expect(moment == RunningAdmin.now)
            return ("<\(id)@relay.example>", Array("Subject: a\r\n\r\nb\r\n".utf8))
        }
        let message = try #require(try await spool.message(id))
        #expect(message.sender == .null && message.priority == .high && message.recipients.map(\.address) == recipients)
        #expect(message.messageID == "<\(id)@relay.example>" && message.notice == .alert)
        let text = "X-Posthorse-ID: \(id)\r\nSubject: a\r\n\r\nb\r\n"
        #expect(spool.text(of: id) == text && message.size == text.utf8.count)
        spool.setRefusal(SpoolError(.full, "the disk is full"))
        await #expect(throws: SpoolError(.full, "the disk is full")) {
            try await intake.take(to: recipients) { _, _ in ("<a@b>", []) }
        }
    }

    /// Exports from one relay, imports into another, and returns what has arrived there.
    private static func moved(_ message: SpooledMessage, _ wire: String, parts: Int = .max) async throws -> (
        SpooledMessage, String
    ) {
        let (from, to) = (FaultySpool(), FaultySpool(firstID: QueueID(rawValue: 500)))
        from.insert(message, content: ByteBuffer(string: wire))
        let source = LiveQueue(from, doubts: InDoubtPolicies(DeliverySettings()))
        var file = ByteBuffer()
        #expect(try await MessageExport.forEachPart(of: message.id, in: source) { file.writeImmutableBuffer($0) })
        let id = try await imported(file, into: to, parts: parts)
        let arrived = try #require(try await to.message(id))
        var content = ""
        let target = LiveQueue(to, doubts: InDoubtPolicies(DeliverySettings()))
        let reader = try #require(try await to.openContent(of: id))
        try await target.forEachPart(of: reader) { content += String(buffer: $0) }
        return (arrived, content)
    }

    private static func imported(_ file: ByteBuffer, into spool: FaultySpool, parts: Int) async throws -> QueueID {
        let intake = MessageIntake(spool, hostname: "relay.example", capturing: ["x-kind"], now: { RunningAdmin.now })
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        var rest = file
        while let part = rest.readSlice(length: min(parts, rest.readableBytes)), part.readableBytes > 0 {
            continuation.yield(part)
        }
        continuation.finish()
        return try await intake.take(stream)
    }

    @Test("A message arrives octet by octet, with its envelope for those who have not got it", arguments: [1, 7, .max])
    func roundTrip(parts: Int) async throws {
        let wire = "X-Kind: a\r\nMessage-ID: <m@a.example>\r\n\r\n..dot\r\nFrom x\r\n\u{0}\r\n"
        let (message, content) = try await Self.moved(Self.message(), wire, parts: parts)
        #expect(content == "X-Kind: a\r\nMessage-ID: <m@a.example>\r\n\r\n.dot\r\nFrom x\r\n\u{0}\r\n")
        let original = Self.message()
        #expect(message.id != original.id)
        #expect(
            message.sender == original.sender && message.options == original.options && message.body == original.body)
        #expect(message.priority == .bulk && message.user == "shop" && message.messageID == "<m@a.example>")
        #expect(message.routing == RoutingFacts(route: "bulk", headers: ["x-kind": "a"], relays: ["one", "two"]))
        #expect(message.size == content.utf8.count)
        let addresses = message.recipients.map(\.address)
        #expect(addresses == [0, 2, 3, 4].map { original.recipients[$0].address })
        #expect(message.recipients.map(\.state) == [.queued, .queued, .held, .held])
        #expect(message.recipients[2].holdReason == .operator)
        #expect(message.recipients.map(\.options) == [0, 2, 3, 4].map { original.recipients[$0].options })
        #expect(message.recipients[0].attempts == 0)
    }

    @Test("A null sender, a schedule and a notice survive")
    func rare() async throws {
        let time = RunningAdmin.now + .seconds(3600)
        let address = Address(unchecked: "a@b.example")
        let original = Self.message {
            $0.recipients = [Recipient(address: address, state: .scheduled, nextAttemptAt: time)]
            ($0.releaseAt, $0.notice) = (time, .failure)
        }
        let (message, _) = try await Self.moved(original, "A: b\r\n\r\n")
        #expect(message.releaseAt == time && message.notice == .failure)
        #expect(message.recipients.map(\.state) == [.scheduled] && message.recipients[0].nextAttemptAt == time)
        let null = SpooledMessage.example(3, sender: nil)
        #expect(try await Self.moved(null, "A: b\r\n\r\n").0.sender == .null)
    }

    @Test(
        "A schedule is in the file by the system's clock, and in both spools by the steady one", arguments: [500, -500])
    func clocks(seconds: Int) async throws {
        let (lead, due) = (Duration.seconds(seconds), RunningAdmin.now + .seconds(3600))
        var original = Self.message { $0.recipients = [Recipient(address: Address(unchecked: "a@b.example"))] }
        original.schedule(for: due)
        let (from, to) = (FaultySpool(), FaultySpool(firstID: QueueID(rawValue: 500)))
        from.insert(original, content: ByteBuffer(string: "A: b\r\n\r\n"))
        var file = ByteBuffer()
        let source = LiveQueue(from, doubts: InDoubtPolicies(DeliverySettings()), lead: { lead })
        _ = try await MessageExport.forEachPart(of: original.id, in: source) { file.writeImmutableBuffer($0) }
        #expect(String(buffer: file).contains("X-Envelope-Release-At: \((due + lead).rfc3339)\r\n"))
        let other = Duration.seconds(7)
        let intake = MessageIntake(
            to, hostname: "relay.example", capturing: [], now: { RunningAdmin.now }, lead: { other })
        let (stream, continuation) = AsyncStream.makeStream(of: ByteBuffer.self)
        continuation.yield(file)
        continuation.finish()
        let id = try await intake.take(stream)
        let arrived = try #require(try await to.message(id))
        #expect(arrived.releaseAt == due + lead - other)
        #expect(arrived.recipients.map(\.nextAttemptAt) == [due + lead - other])
    }

    @Test("A large message arrives octet by octet")
    func large() async throws {
        let line = String(repeating: "x", count: 70) + "\r\n.y\r\n"
        let body = "Subject: large\r\n\r\n" + String(repeating: line, count: 40_000)
        let (message, content) = try await Self.moved(
            .example(9), body.replacing("\r\n.", with: "\r\n.."), parts: 100_000)
        #expect(content == body && message.size == body.utf8.count)
    }

    @Test("BINARYMIME may have any octets")
    func binary() async throws {
        let original = Self.message { $0.recipients = [Recipient(address: Address(unchecked: "a@b.example"))] }
        let binary = SpooledMessage(
            id: Self.id, receivedAt: original.receivedAt, sender: .null, body: .binaryMIME, priority: .normal,
            messageID: "<m>", origin: "c", size: 5, recipients: original.recipients)
        let (message, content) = try await Self.moved(binary, "A: b\r\n\r\n\n\u{0}\rx")
        #expect(content == "A: b\r\n\r\n\n\u{0}\rx" && message.contained == .binaryMIME)
    }

    private static let head = "X-Envelope-Sender: <a@b.example>\r\nX-Envelope-Recipient: <c@d.example>\r\n"

    @Test(
        "A file that is not as it was exported is refused with its reason, and nothing is in the queue",
        arguments: [
            ("", "no export"), ("Subject: x\r\n\r\n", "no export"), ("\0\0\0", "no export"),
            (head, "ends where the message should begin"),
            ("X-Envelope-Sender: <>\r\nSubject: x\r\n\r\n", "X-Envelope-Recipient"),
            (head + "Subject: x\n\nbody\n", "does not end with CRLF"), (head + "Subject: x\r\n\rbody\r\n", "CRLF"),
            (head + "A: b\r\n\r\nbody", "no end"), (head + "A: b\r\n\r\n.\0\r\n", "dot and NULs"),
            (head + "A: b\r\n\r\nx\r", "CRLF"),
            ("X-Envelope-Sender: <a@b\r\n" + head + "A: b\r\n\r\n", "line 1 of the envelope"),
            (head + "X-Envelope-Recipient: c@d.example\r\nA: b\r\n\r\n", "line 3 of the envelope"),
            (head + "X-Envelope-Recipient: <c@d.example> more\r\nA: b\r\n\r\n", "line 3"),
            (head + "X-Envelope-Recipient: lost <c@d.example>\r\nA: b\r\n\r\n", "line 3"),
            (head + "X-Envelope-Recipient: <>\r\nA: b\r\n\r\n", "line 3"),
            (head + "X-Envelope-Recipient: queued NOTIFY=LATER <c@d.example>\r\nA: b\r\n\r\n", "line 3"),
            (head + "X-Envelope-Colour: red\r\nA: b\r\n\r\n", "no field has the name"),
            (head + "X-Envelope-Version: 2\r\nA: b\r\n\r\n", "“2” is not valid"),
            (head + "X-Envelope-Body: 9BIT\r\nA: b\r\n\r\n", "“9BIT”"),
            (head + "X-Envelope-User: a\0b\r\nA: b\r\n\r\n", "control characters"),
            (head + "X-Envelope-Release-At: soon\r\nA: b\r\n\r\n", "soon"),
            (head + "X-Envelope-Options: SIZE=3\r\nA: b\r\n\r\n", "SIZE=3"),
            (head + "X-Envelope-Notice: probe\r\nA: b\r\n\r\n", "it is a probe of a round trip"),
            (head + "X-Envelope-\r\nA: b\r\n", "colon"),
        ], [1, .max])
    func hostile(file: (String, String), parts: Int) async throws {
        let spool = FaultySpool()
        let error = await #expect(throws: AdminError.self) {
            _ = try await Self.imported(ByteBuffer(string: file.0), into: spool, parts: parts)
        }
        #expect(error?.message.contains(file.1) == true, "\(error?.message ?? "")")
        #expect(try await spool.list(after: nil, limit: 9).isEmpty)
    }

    @Test("A full disk refuses an import, in the middle of it too")
    func full() async throws {
        for fault in [FaultySpool.Fault.accept, .append] {
            let spool = FaultySpool()
            spool.failNext(fault, with: SpoolError(.full, "the disk is full"))
            let body = Self.head + "A: b\r\n\r\n" + String(repeating: "line\r\n", count: 50_000)
            let error = await #expect(throws: SpoolError.self) {
                _ = try await Self.imported(ByteBuffer(string: body), into: spool, parts: 10_000)
            }
            #expect(error?.code == .full)
            #expect(try await spool.list(after: nil, limit: 9).isEmpty)
        }
    }
}
