import Foundation
import Mail
import Synchronization
import TestKit

@testable import Audit

/// A log in a directory of its own.
final class AuditFixture: Sendable {
    let directory: TemporaryDirectory
    private let reported = Mutex<[AuditEvent]>([])

    static let now = Timestamp(milliseconds: 1_795_255_200_123)

    init() throws { directory = try TemporaryDirectory() }

    var path: String { directory.path + "/audit.log" }
    var keyPath: String { directory.path + "/audit.key" }
    var events: [AuditEvent] { reported.withLock { $0 } }

    func open(_ storage: any AuditStorage = SystemAuditStorage()) -> AuditLog {
        AuditLog(directory: directory.path, storage: storage, now: { Self.now }) { event in
            self.reported.withLock { $0.append(event) }
        }
    }

    /// A log with these records after its first, closed.
    func fill(_ count: Int) async throws {
        let log = open()
        for number in 0..<count { try await log.record([.example(number)]) }
        await log.close()
    }

    func octets() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    func write(_ octets: some Sequence<UInt8>) throws {
        try Data(octets).write(to: URL(fileURLWithPath: path))
    }

    func verify(head: AuditHash? = nil) throws -> AuditVerification {
        try AuditReader(directory: directory.path).verify(wanted: head)
    }

    func records(_ change: (inout AuditFilter) -> Void = { _ in }) throws -> [AuditRecord] {
        var filter = AuditFilter()
        change(&filter)
        return try AuditReader(directory: directory.path).records(filter)
    }
}

extension AuditRecord {
    static func example(_ number: Int, who: String = "uid:1000 sudo:ann") -> AuditRecord {
        AuditRecord(
            at: AuditFixture.now + .seconds(number), who: who, what: "upstream disable", subject: "ses\(number)",
            reason: "say \"no\"\nto Ünïcode", before: "enabled", after: number.isMultiple(of: 2) ? "disabled" : nil)
    }
}

/// Files whose disk can be full.
final class FaultyAuditStorage: AuditStorage {
    private let system = SystemAuditStorage()
    private let failing = Mutex<Set<String>>([])

    /// Lets these calls fail from now on: `write`, `sync`.
    func fail(_ calls: Set<String>) { failing.withLock { $0 = calls } }

    private func check(_ call: String) throws(AuditError) {
        if failing.withLock({ $0.contains(call) }) {
            throw AuditError(.system, "cannot \(call) the audit log: No space left on device")
        }
    }

    func read(_ path: String, limit: Int) throws(AuditError) -> [UInt8]? { try system.read(path, limit: limit) }
    func create(_ path: String, _ octets: [UInt8]) throws(AuditError) { try system.create(path, octets) }
    func move(_ path: String, to new: String) throws(AuditError) -> Bool { try system.move(path, to: new) }
    func open(_ path: String) throws(AuditError) -> Int32 { try system.open(path) }
    func size(of descriptor: Int32) throws(AuditError) -> Int { try system.size(of: descriptor) }
    func isInPlace(_ descriptor: Int32, at path: String) -> Bool { system.isInPlace(descriptor, at: path) }
    func truncate(_ descriptor: Int32, to size: Int) throws(AuditError) {
        try system.truncate(descriptor, to: size)
    }
    func close(_ descriptor: Int32) { system.close(descriptor) }

    func read(_ descriptor: Int32, at offset: Int, count: Int) throws(AuditError) -> [UInt8] {
        try system.read(descriptor, at: offset, count: count)
    }

    /// A full disk takes the beginning.
    func write(_ octets: ArraySlice<UInt8>, to descriptor: Int32, at offset: Int) throws(AuditError) {
        if failing.withLock({ $0.contains("write") }) {
            try system.write(octets.prefix(octets.count / 2), to: descriptor, at: offset)
        }
        try check("write")
        try system.write(octets, to: descriptor, at: offset)
    }

    func sync(_ descriptor: Int32) throws(AuditError) {
        try check("sync")
        try system.sync(descriptor)
    }
}
