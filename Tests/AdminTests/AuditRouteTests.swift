import Admin
import Audit
import Delivery
import Foundation
import Glibc
import Mail
import NIOCore
import Spool
import TestKit
import Testing

@Suite("Orders are in the audit log before they are carried out")
struct AuditRouteTests {
    private static var me: String { "uid:\(getuid())" }

    /// Runs `body` with an admin server that records in a log of its own; returns what is in it then, without its first.
    private static func recorded(
        spool: FaultySpool = FaultySpool(), _ controlled: ControlledUpstreams = ControlledUpstreams("ses"),
        claiming user: String? = nil, _ body: (RunningAdmin) async throws -> Void
    ) async throws -> [AuditRecord] {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        try await RunningAdmin.with(
            spool: spool, controlled: controlled, audit: log, claimedUser: user, body: body)
        await log.close()
        let reader = try AuditReader(directory: directory.path)
        #expect(try reader.verify().isSound)
        return try reader.records(AuditFilter()).filter { $0.what != "audit begin" }
    }

    private static func order(_ change: (inout QueueOrderDocument) -> Void) -> QueueOrderDocument {
        var document = QueueOrderDocument()
        document.reason = "why"
        change(&document)
        return document
    }

    private static func record(
        _ what: String, _ subject: String, who: String = me, reason: String? = "why", _ before: String?,
        _ after: String?
    ) -> AuditRecord {
        AuditRecord(
            at: RunningAdmin.now, who: who, what: what, subject: subject, reason: reason, before: before, after: after)
    }

    private static func control(
        _ action: String, _ admin: RunningAdmin, for seconds: Double? = nil
    ) async throws {
        _ = try await admin.client.post(
            UpstreamControlDocument(reason: "why", forSeconds: seconds), to: AdminPath.control("ses", action),
            for: UpstreamDetailDocument.self)
    }

    private static func spool(_ numbers: ClosedRange<Int64>, _ state: Recipient.State = .deferred) -> FaultySpool {
        let spool = FaultySpool()
        for number in numbers {
            let recipient = Recipient(address: Address(unchecked: "r@b.example"), state: state)
            spool.insert(.example(number, recipients: [recipient]), content: ByteBuffer())
        }
        return spool
    }

    @Test("an order for an upstream: who, why, and the states before and after; a probe changes nothing")
    func upstreams() async throws {
        let records = try await Self.recorded(claiming: "ann") { (admin) async throws in
            for action in ["disable", "drain", "enable", "trip", "reset", "probe"] {
                try await Self.control(action, admin, for: action == "disable" || action == "trip" ? 60 : nil)
            }
        }
        let (who, until) = ("\(Self.me) sudo:ann", " until \((RunningAdmin.now + .seconds(60)).rfc3339)")
        #expect(
            records == [
                Self.record("upstream disable", "ses", who: who, "enabled", "disabled\(until)"),
                Self.record("upstream drain", "ses", who: who, "disabled\(until)", "draining"),
                Self.record("upstream enable", "ses", who: who, "draining", "enabled"),
                Self.record("upstream trip", "ses", who: who, "circuit closed", "circuit open\(until)"),
                Self.record("upstream reset", "ses", who: who, "circuit open", "circuit closed"),
            ])
    }

    private struct Numbered: Decodable {
        let number: Int
        let what: String
    }

    @Test("pages of records go back to the first one without a gap")
    func pages() async throws {
        _ = try await Self.recorded { (admin) async throws in
            for action in ["disable", "enable", "drain", "enable", "trip"] { try await Self.control(action, admin) }
            var (filter, found) = (AuditFilter(), [Numbered]())
            filter.limit = 2
            repeat {
                var page: [Numbered] = []
                try await admin.client.forEachLine(at: AdminPath.audit(filter)) {
                    page.append(try AdminJSON.decode(Numbered.self, from: $0))
                }
                found = page + found
                try #require(found.count < 10)
                filter.before = page.first?.number
            } while filter.before != nil
            #expect(found.map(\.number) == Array(1...6))
            #expect(
                found.map(\.what) == [
                    "audit begin", "upstream disable", "upstream enable", "upstream drain", "upstream enable",
                    "upstream trip",
                ])
        }
    }

    @Test(
        "a claim that is no name is left out", arguments: ["", "ann smith", "a\"b", String(repeating: "x", count: 65)])
    func claims(name: String) async throws {
        let records = try await Self.recorded(claiming: name) { (admin) async throws in
            try await Self.control("drain", admin)
        }
        #expect(records.map(\.who) == [Self.me])
    }

    @Test("an order for messages that are named: each with its state, and what was not carried out")
    func named() async throws {
        // Number 1 stays as it is; number 404 is not there.
        let records = try await Self.recorded(spool: Self.spool(1...101)) { (admin) async throws in
            let order = Self.order { $0.ids = [100, 1, 404].map { QueueID(rawValue: $0) } }
            try await admin.client.forEachLine(posting: order, to: AdminPath.order(.hold)) { _ in }
        }
        let ids = [100, 1].map { QueueID(rawValue: $0).description }
        #expect(
            records == [
                Self.record("queue hold", ids[0], "deferred", "held"),
                Self.record("queue hold", ids[1], "deferred", "held"),
                Self.record("queue hold", ids[1], nil, "not carried out: it is held: release it"),
            ])
    }

    @Test("an order by filter: its conditions, every message, and the numbers at the end")
    func filtered() async throws {
        let records = try await Self.recorded(spool: Self.spool(500...1099)) { (admin) async throws in
            let order = Self.order {
                $0.filter = QueueFilter()
                $0.filter?.state = "deferred"
                $0.bounce = true
            }
            try await admin.client.forEachLine(posting: order, to: AdminPath.order(.drop)) { _ in }
        }
        #expect(records.first == Self.record("queue drop", "filter state=deferred", nil, nil))
        #expect(records.last == Self.record("queue drop", "filter state=deferred", nil, "600 done, 0 not"))
        let ids = records.dropFirst().dropLast().flatMap { $0.subject.split(separator: " ").map(String.init) }
        #expect(ids == (500...1099).map { QueueID(rawValue: $0).description })
        #expect(records.count == 5 && records.allSatisfy { $0.reason == "why" })
    }

    @Test("an answer about doubts names the recipients")
    func resolutions() async throws {
        let records = try await Self.recorded(spool: Self.spool(100...101, .inDoubt)) { (admin) async throws in
            let one = ResolutionDocument(.retry, recipients: nil, reason: "not there")
            _ = try await admin.client.post(
                one, to: AdminPath.resolution(QueueID(rawValue: 100).description), for: ResolutionDocument.self)
            let all = Self.order {
                $0.filter = QueueFilter()
                $0.resolution = "delivered"
            }
            try await admin.client.forEachLine(posting: all, to: AdminPath.resolutions) { _ in }
        }
        let ids = [100, 101].map { QueueID(rawValue: $0).description + " r@b.example" }
        #expect(
            records == [
                Self.record("queue resolve", ids[0], reason: "not there", "in_doubt", "retry"),
                Self.record("queue resolve", "filter all", nil, nil),
                Self.record("queue resolve", ids[0], "in_doubt", "delivered"),
                Self.record("queue resolve", ids[1], "in_doubt", "delivered"),
                Self.record("queue resolve", "filter all", nil, "2 done, 0 not"),
            ])
    }

    private static func exported(_ state: String) -> ByteBuffer {
        ByteBuffer(
            string: """
                X-Envelope-Version: 1
                X-Envelope-ID: 0CRBE0761CA00
                X-Envelope-Received: 2026-11-29T17:56:04.713Z
                X-Envelope-Sender: <a@b.example>
                X-Envelope-Recipient: \(state) <r@b.example>
                Subject: x

                y

                """.replacing("\n", with: "\r\n"))
    }

    private static func upload(_ file: ByteBuffer, to admin: RunningAdmin) async throws {
        var rest: ByteBuffer? = file
        _ = try await admin.client.upload(
            to: AdminPath.importing(reason: "why"), length: file.readableBytes, for: ImportDocument.self
        ) {
            defer { rest = nil }
            return rest
        }
    }

    @Test("an imported message: where it came from, and its state", arguments: ["held", "queued"])
    func imports(state: String) async throws {
        let records = try await Self.recorded { try await Self.upload(Self.exported(state), to: $0) }
        #expect(records.map(\.what) == ["queue import"])
        #expect(records.map(\.before) == ["import of 0CRBE0761CA00"])
        #expect(records.map(\.after) == [state])
    }

    @Test("an import that cannot be stored has a second record, which says so")
    func refusedImport() async throws {
        let spool = FaultySpool()
        spool.failNext(.accept, with: SpoolError(.full, "the disk is full"))
        let records = try await Self.recorded(spool: spool) { admin in
            await #expect(throws: AdminClientError.self) { try await Self.upload(Self.exported("held"), to: admin) }
        }
        #expect(records.map(\.what) == ["queue import", "queue import"])
        #expect(Set(records.map(\.subject)).count == 1)
        #expect(records.map(\.after) == ["held", "not carried out: the disk is full"])
    }

    @Test("an answer about a message that is not there is not recorded")
    func missing() async throws {
        let records = try await Self.recorded { admin in
            let order = ResolutionDocument(.retry, recipients: nil)
            await #expect(throws: AdminClientError.self) {
                _ = try await admin.client.post(
                    order, to: AdminPath.resolution(QueueID(rawValue: 404).description), for: ResolutionDocument.self)
            }
        }
        #expect(records.isEmpty)
    }

    @Test("what cannot be recorded is not done, and the answer says so")
    func unwritable() async throws {
        let controlled = ControlledUpstreams("ses")
        let log = AuditLog(directory: "/nowhere", now: { RunningAdmin.now }) { _ in }
        let words = "nothing has changed, since the audit log cannot record it: "
        try await RunningAdmin.with(
            spool: Self.spool(100...101, .inDoubt), controlled: controlled, audit: log
        ) { (admin) async throws in
            func refused(_ body: () async throws -> Void) async {
                do {
                    try await body()
                    Issue.record("it was carried out")
                } catch AdminClientError.refused(let status, let message) {
                    #expect(status == 503 && message.hasPrefix(words), "\(message)")
                } catch {
                    Issue.record(error)
                }
            }
            await refused { try await Self.control("disable", admin) }
            for path in [AdminPath.order(.drop), AdminPath.resolutions] {
                await refused {
                    let order = Self.order {
                        $0.filter = QueueFilter()
                        if path == AdminPath.resolutions { $0.resolution = "retry" }
                    }
                    try await admin.client.forEachLine(posting: order, to: path) { _ in }
                }
            }
            var lines: [QueueOrderLine] = []
            let order = Self.order { $0.ids = [100, 101].map { QueueID(rawValue: $0) } }
            try await admin.client.forEachLine(posting: order, to: AdminPath.order(.drop)) {
                lines.append(try AdminJSON.decode(QueueOrderLine.self, from: $0))
            }
            #expect(lines.map(\.result) == ["unrecorded", "unrecorded"])
            #expect(lines.allSatisfy { $0.reason?.hasPrefix(words) == true })
        }
        #expect(controlled.orders.isEmpty && controlled.queueOrders.isEmpty)
    }

    @Test("the log is read and verified through the socket, with a filter and with a head")
    func reading() async throws {
        _ = try await Self.recorded { (admin) async throws in
            for action in ["disable", "enable", "drain"] { try await Self.control(action, admin) }
            var filter = AuditFilter()
            (filter.what, filter.limit) = ("upstream", 2)
            var found: [AuditRecord] = []
            try await admin.client.forEachLine(at: AdminPath.audit(filter)) {
                found.append(try AuditRecord(json: $0.readableBytesView))
            }
            #expect(found.map(\.what) == ["upstream enable", "upstream drain"])
            let verdict = try await admin.client.document(
                AuditVerdict.self, at: AdminPath.auditVerification(head: nil))
            #expect(verdict.ok && verdict.records == 4 && verdict.problems.isEmpty)
            let head = try #require(verdict.head.flatMap { AuditHash($0) })
            let again = try await admin.client.document(
                AuditVerdict.self, at: AdminPath.auditVerification(head: head))
            #expect(again.ok && again.headFoundAt == 4)
            let other = try await admin.client.document(
                AuditVerdict.self, at: AdminPath.auditVerification(head: AuditHash(String(repeating: "a", count: 64))))
            #expect(!other.ok && other.headFoundAt == nil && other.problemCount == 1)
            for path in ["/v1/audit?color=red", "/v1/audit?since=noon", "/v1/audit/verify?head=12"] {
                await #expect(throws: AdminClientError.self) { try await admin.client.forEachLine(at: path) { _ in } }
            }
        }
    }

    @Test(
        "a log without its key cannot be verified: the answer says so, and speaks of no order",
        arguments: [true, false])
    func withoutKey(isBroken: Bool) async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        let key = directory.path + "/audit.key"
        unlink(key)
        if isBroken { try "no key".write(toFile: key, atomically: false, encoding: .utf8) }
        let words =
            key + (isBroken ? " is no key of an audit log" : " is missing: without it nothing can be verified")
        try await RunningAdmin.with(audit: log) { (admin) async throws in
            let error = await #expect(throws: AdminClientError.self) {
                _ = try await admin.client.document(AuditVerdict.self, at: AdminPath.auditVerification(head: nil))
            }
            guard case .refused(409, words)? = error else {
                return #expect(Bool(false), "\(String(describing: error))")
            }
        }
        await log.close()
    }

    @Test("decisions about an address are found where the log has its hash")
    func hashes() async throws {
        let directory = try TemporaryDirectory()
        defer { directory.remove() }
        let log = AuditLog(directory: directory.path, now: { RunningAdmin.now }) { _ in }
        for subject in ["bob@b.example", "ann@b.example"] {
            log.note(Self.record("suppression add", "hash:\(subject.count)\(subject.first ?? "-")", nil, "suppressed"))
        }
        let hash: @Sendable (String) -> String = { "hash:\($0.count)\($0.first ?? "-")" }
        try await RunningAdmin.with(audit: log, addresses: hash) { admin in
            for (subject, number) in [("bob@b.example", 1), ("BOB@b.example", 1), ("carl@b.example", 0), ("bob", 0)] {
                var filter = AuditFilter()
                filter.subject = subject
                var found = 0
                try await admin.client.forEachLine(at: AdminPath.audit(filter)) { _ in found += 1 }
                #expect(found == number, "\(subject)")
            }
        }
        await log.close()
    }
}
