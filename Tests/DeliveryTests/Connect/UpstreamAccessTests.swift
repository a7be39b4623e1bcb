import Foundation
import Mail
import NIOCore
import NIOEmbedded
import SASL
import SMTP
import TLS
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("What the sessions of an upstream share, from one relay.conf to the next")
struct UpstreamAccessTests {
    private let loop = EmbeddedEventLoop()
    private let certificates: TestCertificates

    init() throws {
        certificates = try TestCertificates()
    }

    private var settings: UpstreamSettings {
        var settings = UpstreamSettings(name: "ses", host: "ses.test", port: 587)
        settings.tls = .starttls
        settings.caFile = certificates.authorityFile
        return settings
    }

    private func access(_ settings: UpstreamSettings) -> UpstreamAccess {
        let access = UpstreamAccess(settings, work: InlineWork())
        access.prepare(on: loop)
        return access
    }

    private func next(
        _ access: UpstreamAccess, _ settings: UpstreamSettings, _ edit: (inout UpstreamSettings) -> Void
    ) -> UpstreamAccess {
        var changed = settings
        edit(&changed)
        let next = access.successor(changed, settings.change(to: changed))
        next.prepare(on: loop)
        return next
    }

    private func context(_ access: UpstreamAccess) throws -> TLSClientContext {
        let trust = try #require(access.trust)
        return try trust.context.get()
    }

    // MARK: - Authorities

    @Test("other times or accounts: the authorities and the resumable sessions stay", arguments: [true, false])
    func kept(hasFile: Bool) throws {
        var settings = settings
        if !hasFile { settings.caFile = nil }
        let first = access(settings)
        let second = next(first, settings) { $0.patience = .milliseconds(700) }
        let third = next(second, settings) { $0.password = .password(Array("other".utf8)) }
        let contexts = try [first, second, third].map(context)
        #expect(contexts[1] === contexts[0])
        #expect(contexts[2] === contexts[0])
    }

    @Test("another file with authorities, or no verification: everything is new")
    func changed() throws {
        let other = try TestCertificates(authority: "Other Authority")
        let first = access(settings)
        let second = next(first, settings) { $0.caFile = other.authorityFile }
        let third = next(first, settings) { $0.tlsVerify = false }
        let contexts = try [first, second, third].map(context)
        #expect(contexts[1] !== contexts[0])
        #expect(contexts[2] !== contexts[0])
        #expect(contexts[2] !== contexts[1])
    }

    @Test("a file that was renewed is read again")
    func renewed() throws {
        let first = access(settings)
        let other = try TestCertificates(authority: "Other Authority")
        let octets = try Data(contentsOf: URL(fileURLWithPath: other.authorityFile))
        try octets.write(to: URL(fileURLWithPath: certificates.authorityFile), options: .atomic)
        let second = next(first, settings) { $0.patience = .milliseconds(700) }
        let contexts = try [first, second].map(context)
        #expect(contexts[1] !== contexts[0])
    }

    @Test("a file that could not be read is read again")
    func unreadable() throws {
        var settings = settings
        settings.caFile = certificates.directory.path + "/missing.pem"
        let first = access(settings)
        #expect(throws: TLSError.self) { try context(first) }
        let file = certificates.authorityFile
        try FileManager.default.copyItem(atPath: file, toPath: certificates.directory.path + "/missing.pem")
        let second = next(first, settings) { $0.patience = .milliseconds(700) }
        _ = try context(second)
    }

    @Test("authorities are read off the event loop, once, and whoever needs them is called back")
    func prepared() throws {
        let access = UpstreamAccess(settings, work: WorkInNextTurn())
        var calls = 0
        for _ in 0..<2 { access.prepare(on: loop) { calls += 1 } }
        #expect(calls == 0 && access.trust == nil)
        loop.run()
        #expect(calls == 2)
        let trusted = try context(access)
        access.prepare(on: loop) { calls += 1 }
        #expect(calls == 3)
        #expect(try context(access) === trusted)
    }

    @Test("without TLS there is nothing to wait for")
    func off() {
        var settings = settings
        settings.tls = .off
        let access = UpstreamAccess(settings, work: WorkInNextTurn())
        var calls = 0
        access.prepare(on: loop) { calls += 1 }
        #expect(calls == 1 && access.trust == nil)
    }

    // MARK: - What has been learned

    @Test("time without TLS and refused mechanisms stay, but for another address, TLS or account")
    func learned() {
        let now = MonotonicInstant(nanoseconds: 1_000_000_000)
        let all: [SASLMechanism] = [.plain, .login]
        var settings = settings
        settings.tls = .opportunistic
        let first = access(settings)
        #expect(first.handshakeFailed(now: now))
        #expect(first.mechanisms.refused(.plain, of: all, isFirst: true) == .login)
        let second = next(first, settings) { $0.patience = .milliseconds(700) }
        #expect(second.clearUntil == first.clearUntil && second.clearUntil != nil)
        #expect(second.mechanisms.first(of: all) == .login)
        let edits: [(inout UpstreamSettings) -> Void] = [
            { $0.host = "other.test" }, { $0.username = "other" }, { $0.tlsName = "other.test" },
        ]
        for edit in edits {
            let third = next(first, settings, edit)
            #expect(third.clearUntil == nil)
            #expect(third.mechanisms.first(of: all) == .plain)
        }
    }
}

/// Slow work, done in the next turn of the loop.
private struct WorkInNextTurn: SlowWork {
    func run<Value: Sendable>(
        on eventLoop: any EventLoop, _ work: @escaping @Sendable () -> Value, done: @escaping (Value) -> Void
    ) {
        let bound = NIOLoopBound(done, eventLoop: eventLoop)
        eventLoop.execute { bound.value(work()) }
    }
}
