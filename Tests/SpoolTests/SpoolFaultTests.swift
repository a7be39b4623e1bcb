import Foundation
import Glibc
import Mail
import NIOCore
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("A spool on a failing disk", .timeLimit(.minutes(10)))
struct SpoolFaultTests {
    private let files = FaultyFileLayer()

    private func makeUser(_ tuning: SpoolTuning = .quick, _ settings: (inout SpoolSettings) -> Void = { _ in }) throws
        -> SpoolUser
    {
        try SpoolUser(TemporaryDirectory(), settings: settings, tuning: tuning, files: files)
    }

    @Test("refuses a large message when its segment cannot be written, and accepts mail again later")
    func segmentFull() async throws {
        let user = try makeUser()
        files.set { $0.writesLeft = 0 }
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(50_000)))?.code == .full)
        #expect(user.spool.refusal?.code == .full)
        #expect(await user.append([1], to: ContentStream(port: user.port, number: 1)) != nil)
        #expect(try await user.spool.message(id) == nil)
        #expect(user.files.segmentUse.isEmpty)
        files.set { $0.writesLeft = nil }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(user.spool.refusal == nil)
        #expect(await user.accept(.sample(id, .content(50_000))) == nil)
        #expect(try await user.storedBytes(id) == NewMessage.header + .content(50_000))
        await user.spool.close()
    }

    @Test("finishes writes that the system cut short")
    func shortWrites() async throws {
        let user = try makeUser()
        files.set { $0.longestWrite = 999 }
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(50_000))) == nil)
        #expect(try await user.storedBytes(id) == NewMessage.header + .content(50_000))
        await user.spool.close()
    }

    @Test("trusts nothing written before a failed sync")
    func syncFails() async throws {
        let user = try makeUser()
        let name = ContentStream(port: user.port, number: 1)
        let ids = (0..<4).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.append(.content(1000), to: name) == nil)
        #expect(await user.accept(.sample(ids[3], .content(40_000))) == nil)
        #expect(await user.append(.content(1000), to: name) == nil)
        files.set { $0.failsSync = true }
        #expect(await user.accept(.sample(ids[0], .content(50_000)))?.code == .inputOutput)
        files.set { $0.failsSync = false }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(await user.accept(.sample(ids[1], .content(2000), stream: name))?.code == .inputOutput)
        #expect(await user.accept(.sample(ids[2], .content(60_000))) == nil)
        #expect(try await user.storedBytes(ids[2]) == NewMessage.header + .content(60_000))
        #expect(try await user.storedBytes(ids[3]) == NewMessage.header + .content(40_000))
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [ids[2], ids[3]])
        await user.spool.close()
    }

    @Test("leaves no file behind when its directory cannot be opened or synced", arguments: [EMFILE, EACCES, 0])
    func segmentCreationFails(_ error: Int32) async throws {
        let user = try makeUser()
        files.set {
            $0.directoryError = error
            $0.failsSync = error == 0
        }
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(50_000)))?.code == .inputOutput)
        for _ in 0..<5 { _ = await user.accept(.sample(id, .content(50_000))) }
        let segments = user.directory.path + "/spool/segments"
        #expect(try FileManager.default.contentsOfDirectory(atPath: segments) == [])
        files.set {
            $0.directoryError = 0
            $0.failsSync = false
        }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(await user.accept(.sample(id, .content(50_000))) == nil)
        await user.spool.close()
    }

    @Test("accepts nothing into files that were removed, and takes none of it back", arguments: [10, 50_000])
    func directoryRemoved(_ octets: Int) async throws {
        let user = try makeUser()
        let ids = (0..<3).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        let path = user.directory.path
        #expect(await user.accept(.sample(ids[0], .content(octets))) == nil)
        try FileManager.default.moveItem(atPath: path + "/spool", toPath: path + "/elsewhere")
        #expect(await user.accept(.sample(ids[1], .content(octets)))?.code == .inputOutput)
        _ = await user.events.first { if case .unwritable = $0 { true } else { false } }
        #expect(user.spool.refusal?.code == .inputOutput)
        #expect(!FileManager.default.fileExists(atPath: path + "/spool"), "no empty spool takes its place")
        try FileManager.default.moveItem(atPath: path + "/elsewhere", toPath: path + "/spool")
        while user.spool.refusal != nil { await user.barrier() }
        #expect(await user.accept(.sample(ids[2], .content(octets))) == nil)
        #expect(try await user.spool.list(after: nil, limit: 9).map(\.id) == [ids[0], ids[2]])
        await user.spool.close()
    }

    @Test("refuses mail while too little space is left")
    func noSpace() async throws {
        let user = try makeUser(.quick) { $0.minFreeSpace = 1 << 20 }
        files.set { $0.freeSpace = 1 << 20 - 1 }
        _ = await user.events.first { if case .full = $0 { true } else { false } }
        #expect(user.spool.refusal?.code == .full)
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, [1]))?.code == .full)
        files.set { $0.freeSpace = 2 << 20 }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(await user.accept(.sample(id, [1])) == nil)
        await user.spool.close()
    }

    @Test("accepts mail again when it has reusable space, although the file system stays full")
    func reusableSpace() async throws {
        let user = try makeUser(.quick) { $0.minFreeSpace = 2 << 20 }
        let ids = (0..<100).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        for id in ids { #expect(await user.accept(.sample(id, .content(10_000))) == nil) }
        // Half of min_free_space has to be really free, for the log.
        files.set { $0.freeSpace = 1_800_000 }
        _ = await user.events.first { if case .full = $0 { true } else { false } }
        for id in ids { await user.perform(.remove(id)) }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        #expect(await user.accept(.sample(ids[0], [1])) == nil)
        await user.spool.close()
    }

    @Test("refuses mail at its own limit, until a message is gone")
    func limit() async throws {
        let user = try makeUser(.quick) { $0.maxOctets = 1000 }
        let ids = (0..<3).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        #expect(await user.accept(.sample(ids[0], .content(1000))) == nil)
        #expect(await user.accept(.sample(ids[1], [1]))?.code == .full)
        await user.perform(.remove(ids[0]))
        #expect(await user.accept(.sample(ids[2], [1])) == nil)
        await user.spool.close()
    }

    @Test("refuses mail when the database is full, still records outcomes, and leaves nothing half done")
    func databaseFull() async throws {
        var tuning = SpoolTuning.quick
        tuning.maxPages = 60
        let user = try makeUser(tuning)
        var accepted: [QueueID] = []
        while accepted.count < 1000 {
            let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
            if let error = await user.accept(.sample(id, .content(4000))) {
                #expect(error.code == .full)
                break
            }
            accepted.append(id)
        }
        #expect(accepted.count > 5 && accepted.count < 60)
        #expect(try await user.spool.list(after: nil, limit: 1000).map(\.id) == accepted)
        await user.perform(.remove(accepted[0]), .remove(accepted[1]), .remove(accepted[2]))
        for id in accepted.dropFirst(3).prefix(20) { await user.perform(.remove(id)) }
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        let id = user.spool.makeQueueID(at: Timestamp(milliseconds: 1))
        #expect(await user.accept(.sample(id, .content(4000))) == nil)
        await user.spool.close()
    }

    @Test("keeps outcomes that cannot be written, in order, and lets no attempt start before them")
    func commitFails() async throws {
        let failing = Switch()
        var tuning = SpoolTuning.quick
        tuning.commitFault = { failing.isOn.load(ordering: .relaxed) ? SpoolError(.inputOutput, "no") : nil }
        let user = try makeUser(tuning)
        let ids = (0..<2).map { _ in user.spool.makeQueueID(at: Timestamp(milliseconds: 1)) }
        for id in ids { #expect(await user.accept(.sample(id, [1])) == nil) }
        failing.isOn.store(true, ordering: .relaxed)
        let deferred = Settlement(id: ids[0], recipients: [.sample(state: .deferred)], cycles: 1, attempt: nil)
        let failed = Settlement(id: ids[0], recipients: [.sample(state: .failed)], cycles: 2, attempt: nil)
        await user.perform(.settle(deferred))
        await user.perform(.settle(failed), .remove(ids[1]))
        let attempt = OpenAttempt(upstream: "a", startedAt: Timestamp(milliseconds: 2), recipients: [0])
        #expect(await user.begin(ids[0], attempt)?.code == .inputOutput)
        guard case .failed = await user.load([ids[0]])[0] else { return #expect(Bool(false), "loaded an old state") }
        #expect(try await user.spool.message(ids[0])?.cycles == 0)
        failing.isOn.store(false, ordering: .relaxed)
        _ = await user.events.first { if case .recovered = $0 { true } else { false } }
        let message = try await user.spool.message(ids[0])
        #expect(message?.cycles == 2 && message?.recipients == failed.recipients)
        #expect(try await user.spool.message(ids[1]) == nil)
        await user.spool.close()
    }

    private final class Switch: Sendable {
        let isOn = Atomic<Bool>(false)
    }
}
