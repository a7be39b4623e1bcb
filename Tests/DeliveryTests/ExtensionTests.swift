import Mail
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

/// RFC 3030 sections 2 and 3, RFC 6152 section 3, RFC 9422 section 4, RFC 6531 sections 3.2 and 4.2, RFC 3461 section 5.2.1,
/// RFC 6710 section 4.1, RFC 8689 section 4.2.1.
@Suite("Extensions towards upstreams")
struct ExtensionTests {
    private let binary = "X: y\r\n\r\n..a\u{0}\rb\nc\r\n...\r\nend"
    private let unstuffed = "X: y\r\n\r\n.a\u{0}\rb\nc\r\n..\r\nend"

    private func headed(_ id: QueueID) -> String { "X-Posthorse-ID: \(id)\r\n" }

    private func acceptBinary(_ stage: DeliveryStage, size: Int? = nil) -> QueueID {
        let whole = "X-Posthorse-ID: \(QueueID(rawValue: 1))\r\n".utf8.count + unstuffed.utf8.count
        return stage.accept(content: binary, body: .binaryMIME, size: size ?? whole)
    }

    // MARK: - BDAT

    @Test(
        "binary content goes by BDAT, byte for byte, past an upstream that cannot accept it", arguments: [true, false])
    func binaryContent(isStored: Bool) throws {
        let stage = DeliveryStage()
        stage.spool.setStoresContent(isStored)
        stage.first.keywords = ["CHUNKING"]
        stage.second.keywords = ["CHUNKING", "BINARYMIME"]
        let id = acceptBinary(stage)
        try stage.settle()
        #expect(stage.first.commands.filter { $0.hasPrefix("MAIL") } == [])
        #expect(stage.second.received.map(\.content) == [headed(id) + unstuffed])
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.spool.notedDots == [id])
    }

    @Test("binary content that no upstream accepts waits, and fails in the end")
    func binaryNowhere() throws {
        let stage = DeliveryStage()
        let id = acceptBinary(stage)
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(1200))
        let recipient = try #require(stage.recipients(of: id).first)
        #expect(recipient.state == .failed)
        #expect(
            recipient.lastReply == "not sent: 554 5.6.3 second does not accept binary content (CHUNKING and BINARYMIME)"
        )
    }

    @Test(
        "only what the content actually contains rules out an upstream",
        arguments: [
            (BodyType.eightBitMIME, BodyType.sevenBit), (.binaryMIME, .sevenBit), (.sevenBit, .eightBitMIME),
        ])
    func containedLess(declared: BodyType, contained: BodyType) throws {
        let stage = DeliveryStage()
        stage.accept(content: "Subject: t\r\n\r\n..b\r\n", body: declared, contained: contained)
        try stage.settle()
        #expect(stage.first.received.map { $0.content.hasSuffix("Subject: t\r\n\r\n..b\r\n") } == [true])
        #expect(stage.first.commands.contains("MAIL FROM:<s@x>"))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "content is declared to servers that know the type: as declared, or as what it is if that is more",
        arguments: [
            (BodyType.eightBitMIME, BodyType.sevenBit, " BODY=8BITMIME"),
            (.eightBitMIME, .eightBitMIME, " BODY=8BITMIME"),
            (.sevenBit, .eightBitMIME, " BODY=8BITMIME"), (.sevenBit, .sevenBit, ""), (.binaryMIME, .sevenBit, ""),
            (.binaryMIME, .eightBitMIME, " BODY=8BITMIME"),
        ])
    func declaration(declared: BodyType, contained: BodyType, parameter: String) throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["8BITMIME", "CHUNKING"]
        stage.accept(body: declared, contained: contained)
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<s@x>\(parameter)"))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "declared 8-bit content goes to no server without 8BITMIME",
        arguments: [BodyType.eightBitMIME, .binaryMIME])
    func eightBitElsewhere(declared: BodyType) throws {
        let stage = DeliveryStage()
        stage.second.keywords = ["8BITMIME"]
        stage.accept(body: declared, contained: .eightBitMIME)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.second.commands.contains("MAIL FROM:<s@x> BODY=8BITMIME"))
    }

    @Test("large binary content arrives unchanged", arguments: [true, false])
    func largeBinaryContent(isStored: Bool) throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.spool.setStoresContent(isStored)
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        let line = "..0123456789\r\n"
        let content = String(repeating: line, count: 20_000)
        let size = headed(QueueID(rawValue: 1)).utf8.count + content.utf8.count - 20_000
        let id = stage.accept(content: content, body: .binaryMIME, size: size)
        try stage.settle()
        #expect(stage.first.received.map(\.content) == [headed(id) + content.replacing("..", with: ".")])
    }

    @Test("a connection lost after the last octet of a BDAT leaves the message in doubt")
    func chunkInDoubt() throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        stage.first.script = { at, _ in at == .dot ? .drop : nil }
        let id = acceptBinary(stage)
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt])
        #expect(stage.second.received.isEmpty)
    }

    @Test("content shorter than announced never ends at an upstream", arguments: [-1, 1])
    func mismeasured(difference: Int) throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.keywords = ["CHUNKING", "BINARYMIME"]
        let right = headed(QueueID(rawValue: 1)).utf8.count + unstuffed.utf8.count
        let id = acceptBinary(stage, size: right + difference)
        try stage.settle()
        #expect(stage.first.received.isEmpty)
        #expect(stage.recipients(of: id).map(\.state) == [.queued])
        #expect(stage.words == [])
    }

    // MARK: - LIMITS

    @Test("more recipients than RCPTMAX go in several transactions, one after another", arguments: [true, false])
    func recipientLimit(pipelining: Bool) throws {
        let stage = DeliveryStage()
        stage.first.pipelining = pipelining
        stage.first.keywords = ["LIMITS RCPTMAX=3"]
        let recipients = (1...7).map { "r\($0)@x" }
        stage.accept(to: recipients)
        try stage.settle()
        #expect(
            stage.first.received.map(\.recipients)
                == [recipients[..<3], recipients[3..<6], recipients[6...]].map(Array.init))
        #expect(stage.spool.messages.isEmpty)
        #expect(stage.second.connects == 0)
    }

    @Test("a transaction has no more domains than RCPTDOMAINMAX")
    func domainLimit() throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["LIMITS RCPTDOMAINMAX=1"]
        stage.accept(to: ["a@x", "b@X", "c@y", "d@x"])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x", "b@X"], ["c@y"], ["d@x"]])
    }

    @Test("a session ends after MAILMAX messages")
    func messageLimit() throws {
        let stage = DeliveryStage { $0.upstreams[0].maxConnections = 1 }
        stage.first.keywords = ["LIMITS MAILMAX=2"]
        for _ in 0..<5 { stage.accept() }
        try stage.settle()
        #expect(stage.first.received.count == 5)
        #expect(stage.first.connects == 3)
    }

    @Test(
        "the result of one of several transactions does not hold up the others; the rest goes to the next upstream"
    )
    func partialRefusal() throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["LIMITS RCPTMAX=2"]
        stage.first.script = { at, argument in
            guard at == .rcpt else { return nil }
            return argument == "r1@x" ? .reply("450 later") : argument == "r4@x" ? .reply("550 5.1.1 never") : nil
        }
        let id = stage.accept(to: (1...5).map { "r\($0)@x" })
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["r2@x"], ["r3@x"], ["r5@x"]])
        #expect(stage.second.received.map(\.recipients) == [["r1@x"]])
        #expect(
            stage.recipients(of: id).map(\.state) == [
                .delivered, .delivered, .delivered, .failed, .delivered,
            ])
    }

    @Test(
        "a failure in a later transaction moves all remaining recipients to the next upstream",
        arguments: [ScriptedUpstream.Behaviour.reply("451 not now"), .reply("421 bye"), .drop])
    func laterTrouble(behaviour: ScriptedUpstream.Behaviour) throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["LIMITS RCPTMAX=2"]
        var transactions = 0
        stage.first.script = { at, _ in
            guard at == .mail else { return nil }
            transactions += 1
            return transactions > 1 ? behaviour : nil
        }
        stage.accept(to: (1...5).map { "r\($0)@x" })
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["r1@x", "r2@x"]])
        #expect(stage.second.received.map(\.recipients) == [["r3@x", "r4@x", "r5@x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test(
        "a verdict about the whole message applies to later recipients, whatever was said about one recipient",
        arguments: [ScriptedUpstream.Phase.mail, .data])
    func verdictOnAll(at stage: ScriptedUpstream.Phase) throws {
        let delivery = DeliveryStage()
        delivery.first.keywords = ["LIMITS RCPTMAX=2"]
        delivery.first.script = { at, argument in
            if at == .rcpt, argument == "r1@x" { return .reply("451 4.2.1 later") }
            return at == stage ? .reply("552 5.3.4 too large") : nil
        }
        let id = delivery.accept(to: (1...5).map { "r\($0)@x" })
        try delivery.settle()
        let later: Recipient.State = stage == .mail ? .failed : .delivered
        #expect(delivery.recipients(of: id).map(\.state) == [later, .failed, .failed, .failed, .failed])
        #expect(delivery.second.received.map(\.recipients) == (stage == .mail ? [] : [["r1@x"]]))
    }

    @Test("a doubt about one of several transactions leaves the others to the schedule")
    func partialDoubt() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.keywords = ["LIMITS RCPTMAX=1"]
        stage.first.script = { at, _ in at == .dot ? .drop : nil }
        let id = stage.accept(to: ["a@x", "b@x"])
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.inDoubt, .deferred])
        stage.first.script = { _, _ in nil }
        try stage.leap(.seconds(200))
        #expect(stage.spool.messages.isEmpty)
        #expect(Set(stage.first.received.map(\.recipients)) == [["a@x"], ["b@x"]])
    }

    // MARK: - SMTPUTF8

    private var international: MessageOptions {
        var options = MessageOptions()
        options.usesUTF8 = true
        return options
    }

    @Test(
        "a domain goes as A-labels to an upstream without SMTPUTF8, unchanged to one with it",
        arguments: [true, false])
    func domains(isOffered: Bool) throws {
        let stage = DeliveryStage(upstreams: 1)
        if isOffered { stage.first.keywords = ["SMTPUTF8"] }
        stage.accept(to: ["a@bücher.example", "b@x"], from: "s@bücher.example", options: international)
        try stage.settle()
        let name = isOffered ? "bücher.example" : "xn--bcher-kva.example"
        #expect(stage.first.received.map(\.sender) == ["s@\(name)"])
        #expect(stage.first.received.map(\.recipients) == [["a@\(name)", "b@x"]])
        #expect(stage.first.commands.contains("MAIL FROM:<s@\(name)>\(isOffered ? " SMTPUTF8" : "")"))
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a recipient that only another upstream can accept goes there, the others do not wait")
    func recipientElsewhere() throws {
        let stage = DeliveryStage()
        stage.second.keywords = ["SMTPUTF8"]
        stage.accept(to: ["a@x", "jörg@x", "b@x"], options: international)
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x", "b@x"]])
        #expect(stage.second.received.map(\.recipients) == [["jörg@x"]])
        #expect(stage.spool.messages.isEmpty)
    }

    @Test("a recipient that no upstream can accept fails with 5.6.7 in the end, the others are delivered at once")
    func recipientNowhere() throws {
        let stage = DeliveryStage()
        let id = stage.accept(to: ["a@x", "jörg@x"], options: international)
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(stage.recipients(of: id).map(\.state) == [.delivered, .deferred])
        try stage.leap(.seconds(1200))
        let recipients = stage.recipients(of: id)
        #expect(recipients.map(\.state) == [.delivered, .failed])
        #expect(recipients[1].lastReply == "not sent: 553 5.6.7 second does not accept this address (SMTPUTF8)")
    }

    @Test("a recipient does not fail while an upstream that may accept it is away")
    func recipientMayWait() throws {
        let stage = DeliveryStage()
        stage.second.refuses = true
        let id = stage.accept(to: ["jörg@x"], options: international)
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
    }

    @Test("a sender with no ASCII form, or a non-ASCII header, needs an upstream with SMTPUTF8")
    func wholeMessage() throws {
        var header = international
        header.hasUTF8Header = true
        for (sender, options, code) in [("jörg@x", international, "5.6.7"), ("s@x", header, "5.6.9")] {
            let stage = DeliveryStage()
            stage.second.keywords = ["SMTPUTF8"]
            stage.accept(from: sender, options: options)
            try stage.settle()
            #expect(stage.first.received.isEmpty)
            #expect(stage.second.commands.contains("MAIL FROM:<\(sender)> SMTPUTF8"))
            let none = DeliveryStage()
            let id = none.accept(from: sender, options: options)
            try none.settle()
            #expect(none.recipients(of: id).map(\.state) == [.deferred])
            try none.leap(.seconds(1200))
            let recipient = try #require(none.recipients(of: id).first)
            #expect(recipient.state == .failed)
            #expect(recipient.lastReply?.hasPrefix("not sent: 553 \(code) ") == true)
        }
    }

    // MARK: - Options passed on

    @Test("the client's options reach an upstream that supports them")
    func parameters() throws {
        let stage = DeliveryStage(upstreams: 1)
        stage.first.keywords = ["DSN", "MT-PRIORITY"]
        var options = MessageOptions()
        options.transferPriority = 3
        options.returnContent = .full
        options.envelopeID = "e"
        stage.accept(
            options: options, recipientOptions: RecipientOptions(notify: [.failure], originalRecipient: "rfc822;o@x"))
        try stage.settle()
        #expect(stage.first.commands.contains("MAIL FROM:<s@x> MT-PRIORITY=3 RET=FULL ENVID=e"))
        #expect(stage.first.commands.contains("RCPT TO:<a@x> NOTIFY=FAILURE ORCPT=rfc822;o@x"))
    }

    @Test("REQUIRETLS goes to no upstream without TLS, whatever it offers")
    func requireTLS() throws {
        let stage = DeliveryStage()
        stage.first.keywords = ["REQUIRETLS"]
        var options = MessageOptions()
        options.requiresTLS = true
        let id = stage.accept(options: options)
        try stage.settle()
        #expect(stage.recipients(of: id).map(\.state) == [.deferred])
        try stage.leap(.seconds(1200))
        #expect(stage.first.received.isEmpty && stage.second.received.isEmpty)
        let recipient = try #require(stage.recipients(of: id).first)
        #expect(recipient.state == .failed)
        #expect(
            recipient.lastReply
                == "not sent: 550 5.7.30 REQUIRETLS was requested, and second has no verified certificate")
    }

    @Test("an address that would be a command fails its recipient, and reaches no upstream")
    func injection() throws {
        let stage = DeliveryStage()
        let evil = "b@x>\r\nRCPT TO:<c@x"
        let id = stage.accept(to: ["a@x", evil])
        try stage.settle()
        #expect(stage.first.received.map(\.recipients) == [["a@x"]])
        #expect(!stage.first.commands.contains { $0.contains("c@x") })
        let recipients = stage.recipients(of: id)
        #expect(recipients.map(\.state) == [.delivered, .failed])
        #expect(recipients[1].lastReply == "not sent: 553 5.1.3 the address cannot be written in a command")
        let sender = stage.accept(from: "s@x\r\nDATA")
        try stage.settle()
        #expect(stage.recipients(of: sender).map(\.state) == [.failed])
        #expect(stage.second.connects == 0)
    }
}
