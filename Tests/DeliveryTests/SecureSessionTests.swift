import Foundation
import Mail
import NIOCore
import NIOPosix
import SASL
import SMTP
import Spool
import TLS
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("TLS and accounts, over real connections", .timeLimit(.minutes(10)))
struct SecureSessionTests {
    private let certificates: TestCertificates

    init() throws {
        certificates = try TestCertificates()
    }

    /// A server whose certificate is for these names and addresses.
    private func behaviour(
        implicit: Bool = false, hosts: [String] = [], addresses: [String] = ["127.0.0.1"], expired: Bool = false
    ) throws -> SecureUpstream.Behaviour {
        let request = TestCertificates.Request(
            hostNames: hosts, addresses: addresses, notAfter: expired ? -1800 : 86_400)
        let files = try certificates.make("server", request)
        var behaviour = SecureUpstream.Behaviour()
        behaviour.isImplicit = implicit
        // A server that ignores the validity of its own certificate.
        behaviour.context = try TLSServerContext(
            TLSServerSettings(certificates: [files]), now: { expired ? 0 : Int(wallClock().milliseconds / 1000) })
        return behaviour
    }

    /// Hands over one message after another, and returns the events until each was delivered, deferred or failed.
    private func deliver(
        _ behaviour: SecureUpstream.Behaviour, messages: Int = 1, options: MessageOptions = .none,
        from sender: ReversePath = .null, _ configure: (inout UpstreamSettings) -> Void
    ) async throws -> (events: [DeliveryEvent], record: SecureUpstream.Record, spool: FaultySpool) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await SecureUpstream(behaviour, on: group.next())
        var upstream = UpstreamSettings(name: "first", host: "127.0.0.1", port: server.port)
        upstream.caFile = certificates.authorityFile
        configure(&upstream)
        var settings = DeliverySettings()
        settings.hostname = "relay.test"
        // Only mail is counted here.
        settings.health.interval = .zero
        settings.upstreams = [upstream]
        let spool = FaultySpool()
        let (stream, report) = AsyncStream.makeStream(of: DeliveryEvent.self)
        let directory = try TemporaryDirectory()
        let delivery = try await DeliveryService.start(
            settings: settings, spool: spool, eventLoop: group.next(), clock: RelayClock(directory: directory.path)
        ) { report.yield($0) }
        let port = spool.openPort(arrivals: false) { _ in }
        var events: [DeliveryEvent] = []
        var iterator = stream.makeAsyncIterator()
        for number in 1...messages {
            accept(number, options, from: sender, in: spool, port)
            while let event = await iterator.next() {
                events.append(event)
                if event.isEnd { break }
            }
        }
        await delivery.stop(grace: .seconds(5))
        try await server.close()
        try await group.shutdownGracefully()
        return (events, server.record, spool)
    }

    private func accept(
        _ number: Int, _ options: MessageOptions, from sender: ReversePath, in spool: FaultySpool, _ port: SpoolPort
    ) {
        let message = SpooledMessage(
            id: spool.makeQueueID(at: wallClock()), receivedAt: wallClock(), sender: sender, body: .sevenBit,
            priority: .normal,
            messageID: "<m@x>", origin: "test", options: options, size: 3,
            recipients: [Recipient(address: Address(unchecked: "a@x"))])
        let new = NewMessage(message: message, header: ByteBuffer(), content: .whole(ByteBuffer(string: "x\r\n")))
        spool.submit([.accept(new, ticket: UInt64(number))], from: port)
    }

    // MARK: - TLS

    @Test("mail goes by STARTTLS or TLS from the first octet, and the log says which", arguments: [true, false])
    func encrypted(isImplicit: Bool) async throws {
        let (events, record, _) = try await deliver(try behaviour(implicit: isImplicit)) {
            $0.tls = isImplicit ? .implicit : .starttls
        }
        #expect(record.messages == 1)
        #expect(record.commands.first == "EHLO relay.test")
        guard case .delivered(_, _, _, _, _, _, _, let tls) = events.last else { throw StageError("\(events)") }
        #expect(tls == record.handshakes.first?.summary)
        #expect(tls?.hasPrefix("TLSv1.3 ") == true)
    }

    @Test("a second session resumes the first", arguments: [true, false])
    func resumption(isImplicit: Bool) async throws {
        let (_, record, _) = try await deliver(try behaviour(implicit: isImplicit), messages: 3) {
            $0.tls = isImplicit ? .implicit : .starttls
            $0.maxMessagesPerConnection = 1
        }
        #expect(record.messages == 3)
        #expect(record.handshakes.map(\.isResumed) == [false, true, true])
    }

    @Test("opportunistic TLS does not verify the certificate")
    func opportunistic() async throws {
        let files = try certificates.makeSelfSigned("self", .init(hostNames: ["other.test"]))
        var behaviour = SecureUpstream.Behaviour()
        behaviour.context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        let (events, record, _) = try await deliver(behaviour) { $0.tls = .opportunistic }
        #expect(record.messages == 1)
        guard case .delivered(_, _, _, _, _, _, _, let tls) = events.last else { throw StageError("\(events)") }
        #expect(tls != nil)
    }

    @Test("the certificate may be for another name given in relay.conf")
    func otherName() async throws {
        let behaviour = try behaviour(hosts: ["mx.test"], addresses: [])
        let (_, record, _) = try await deliver(behaviour) {
            $0.tls = .starttls
            $0.tlsName = "mx.test"
        }
        #expect(record.messages == 1)
        #expect(record.handshakes.first?.serverName == "mx.test")
    }

    enum Fault: CaseIterable {
        case expired, wrongName, wrongAddress, selfSigned, notOffered
    }

    @Test("an unverified server gets no mail, and the reason is reported", arguments: Fault.allCases, [true, false])
    func unsure(fault: Fault, isImplicit: Bool) async throws {
        var server: SecureUpstream.Behaviour
        switch fault {
        case .expired: server = try behaviour(implicit: isImplicit, expired: true)
        case .wrongName: server = try behaviour(implicit: isImplicit, hosts: ["mx.test"])
        case .wrongAddress: server = try behaviour(implicit: isImplicit, hosts: ["mx.test"], addresses: ["127.0.0.2"])
        case .selfSigned:
            server = try behaviour(implicit: isImplicit)
            let files = try certificates.makeSelfSigned("self", .init(addresses: ["127.0.0.1"]))
            server.context = try TLSServerContext(TLSServerSettings(certificates: [files]))
        case .notOffered:
            server = SecureUpstream.Behaviour()
        }
        let (events, record, spool) = try await deliver(server) {
            $0.tls = isImplicit ? .implicit : .starttls
            if fault == .wrongName { $0.tlsName = "other.test" }
        }
        #expect(record.messages == 0)
        #expect(!record.commands.contains { $0.hasPrefix("MAIL") })
        #expect(spool.messages.first?.recipients.map(\.state) == [.deferred])
        guard case .deferred(_, _, _, _, let reason, _, _, _) = events.last else { throw StageError("\(events)") }
        let expected =
            switch fault {
            case .expired: "expired"
            case .wrongName: "other.test"
            case .wrongAddress: "127.0.0.1"
            case .selfSigned: "self-signed"
            case .notOffered: isImplicit ? "tls: " : "does not offer STARTTLS"
            }
        #expect(reason.contains(expected), "\(reason)")
    }

    @Test(
        "REQUIRETLS is passed on only to verified servers that promise the same",
        arguments: [true, false, nil])
    func requireTLS(verifies: Bool?) async throws {
        var server = try behaviour()
        server.keywords = verifies == nil ? [] : ["REQUIRETLS"]
        var options = MessageOptions()
        options.requiresTLS = true
        let sender = ReversePath(address: Address(unchecked: "s@x"))
        let (events, record, _) = try await deliver(server, options: options, from: sender) {
            $0.tls = .starttls
            $0.tlsVerify = verifies ?? true
        }
        if verifies == true {
            #expect(record.commands.contains("MAIL FROM:<s@x> REQUIRETLS"))
            #expect(record.messages == 1)
        } else {
            #expect(record.messages == 0)
            guard case .deferred(_, _, _, _, let reply, nil, _, _) = events.last else { throw StageError("\(events)") }
            #expect(reply.hasPrefix("not sent: 550 5.7.30 "))
        }
    }

    @Test(
        "what has no sender is not lost for REQUIRETLS, and goes without it where it must",
        arguments: [true, false, nil] as [Bool?])
    func requireTLSOfNotices(verifies: Bool?) async throws {
        var server = try behaviour()
        server.keywords = verifies == nil ? [] : ["REQUIRETLS"]
        var options = MessageOptions()
        options.requiresTLS = true
        let (_, record, _) = try await deliver(server, options: options) {
            $0.tls = .starttls
            $0.tlsVerify = verifies ?? true
        }
        #expect(record.messages == 1)
        #expect(record.commands.contains("MAIL FROM:<> REQUIRETLS") == (verifies == true))
    }

    // MARK: - Accounts

    @Test(
        "every mechanism succeeds, and the strongest is used if there are several",
        arguments: [
            [SASLMechanism.plain], [.login], [.scramSHA256], [.scramSHA256Plus],
            [.login, .plain, .scramSHA256, .scramSHA256Plus],
        ])
    func mechanisms(offered: [SASLMechanism]) async throws {
        var server = try behaviour()
        server.mechanisms = offered
        server.password = AccountTests.secret
        let (_, record, _) = try await deliver(server, messages: 2) {
            $0.tls = .starttls
            $0.username = "relay"
            $0.password = .password(Array(AccountTests.secret.utf8))
            $0.maxMessagesPerConnection = 1
        }
        #expect(record.messages == 2)
        let strongest = offered.last ?? .plain
        #expect(record.users == ["relay \(strongest.rawValue)", "relay \(strongest.rawValue)"])
    }

    @Test("a wrong password is the account's fault", arguments: [SASLMechanism.plain, .scramSHA256])
    func wrongPassword(mechanism: SASLMechanism) async throws {
        var server = try behaviour()
        server.mechanisms = [mechanism]
        server.password = "right"
        let (events, record, _) = try await deliver(server) {
            $0.tls = .starttls
            $0.username = "relay"
            $0.password = .password(Array("wrong".utf8))
        }
        #expect(record.users.isEmpty && record.messages == 0)
        #expect(
            events.contains { event in
                guard case .circuit(_, _, .open, _, let cause, _) = event else { return false }
                return cause.hasSuffix("auth: 535 5.7.8 no")
            })
    }
}

private func wallClock() -> Timestamp {
    Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
}

extension DeliveryEvent {
    /// Whether nothing more is reported of the message for now.
    fileprivate var isEnd: Bool {
        switch self {
        case .ofProbe(_, let event): event.isEnd
        case .delivered, .failed, .inDoubt: true
        case .deferred(_, _, _, _, _, let next, _, _): next == nil
        case .secondOpinion, .tlsFailed, .circuit, .slowedDown, .paceLowered, .paceRestored, .habit, .probe,
            .connectingPaused, .connectingResumed, .tokenRenewed, .tokenFailed, .addressFailed, .addressRecovered,
            .upstreamControl, .quota, .quotaCorrected, .quotasUnwritable, .resolved, .stream, .suppressed, .notice,
            .clockStepped, .paused, .resumed:
            false
        }
    }
}
