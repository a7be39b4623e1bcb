import Foundation
import Mail
import Synchronization
import TestKit
import Testing

@testable import Delivery

@Suite("streams.json")
struct StreamStoreTests {
    private static let memory: StreamMemory = {
        let since = Timestamp(milliseconds: 1_800_000_000_000)
        var spring = StreamMemory.Entry(since: since)
        spring.counts = StreamCounts(delivered: 90, failed: 10, hard: 9)
        spring.lastAt = since + .seconds(60)
        spring.pause = StreamPause(by: .relay, reason: "bounce rate: 9 of 100", since: since + .seconds(60))
        var shop = StreamMemory.Entry(since: since)
        shop.namer = .user("app")
        let parts = [StreamCounts(delivered: 3), StreamCounts(failed: 1, hard: 1)]
        shop.hour = OutcomeHistory(beganAt: since, parts: parts)
        shop.canary = StreamCanary(step: 1, admitted: 200, returned: 3, counts: StreamCounts(delivered: 7))
        return StreamMemory(
            streams: ["spring \"26\"": spring, "shop": shop], others: StreamCounts(failed: 2), upstreams: ["ses"])
    }()

    @Test("What is written is read back")
    func roundTrip() throws {
        let octets = try StreamFile(Self.memory).octets()
        let memory = try StreamFile(octets).memory()
        #expect(memory == Self.memory)
        #expect(octets.last == UInt8(ascii: "\n") && octets.count(where: { $0 == UInt8(ascii: "\n") }) == 1)
    }

    @Test("A pause is on disk when it has been flushed, and found at the next start")
    func restart() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let store = try StreamStore(directory: directory.path) { _ in }
        #expect(store.memory == StreamMemory())
        store.save(Self.memory)
        await store.flush()
        #expect(store.unsaved == nil)
        let memory = try StreamStore(directory: directory.path) { _ in }.memory
        #expect(memory == Self.memory)
    }

    @Test(
        "A file that says nothing is set aside, and the relay starts",
        arguments: [
            "", "{}", #"{"version":2,"streams":{},"others":{"delivered":0,"failed":0,"hard":0},"upstreams":[]}"#,
            #"{"version":1,"streams":{"a":{"counts":{"delivered":0,"failed":0,"hard":0},"since":"x","last_at":"x"}},"others":{"delivered":0,"failed":0,"hard":0},"upstreams":[]}"#,
        ])
    func broken(text: String) throws {
        let directory = try TestKit.TemporaryDirectory()
        let path = "\(directory.path)/streams.json"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        let events = Mutex<[StreamStore.Event]>([])
        let store = try StreamStore(directory: directory.path) { event in events.withLock { $0.append(event) } }
        #expect(store.memory == StreamMemory())
        guard case .unreadable(let told, _, let keptAt)? = events.withLock({ $0.first }) else {
            Issue.record("nobody was told")
            return
        }
        #expect(told == path && keptAt == "\(path).broken")
        #expect(FileManager.default.fileExists(atPath: "\(path).broken"))
    }

    @Test(
        "An hour that says nothing is left out, and everything else of the file counts",
        arguments: [
            #"{"began_at":"yesterday","parts":[[1,2,2]]}"#, #"{"began_at":"2026-11-21T10:00:00.000Z","parts":[[1,2]]}"#,
            #"{"began_at":"2026-11-21T10:00:00.000Z","parts":[[1,2,-2]]}"#,
            #"{"began_at":"2026-11-21T10:00:00.000Z","parts":[]}"#,
            #"{"began_at":"2026-11-21T10:00:00.000Z","parts":[[9223372036854775807,1,1]]}"#,
        ])
    func damagedHour(text: String) throws {
        let head = #"{"version":1,"upstreams":[],"others":{"delivered":0,"failed":0,"hard":0},"streams":{"a":{"#
        let entry = #""counts":{"delivered":1,"failed":0,"hard":0},"since":"2026-11-21T10:00:00.000Z","#
        let rest = #""last_at":"2026-11-21T10:00:00.000Z","hour":"#
        let memory = try StreamFile(Array("\(head)\(entry)\(rest)\(text)}}}\n".utf8)).memory()
        #expect(memory.streams["a"]?.counts == StreamCounts(delivered: 1) && memory.streams["a"]?.hour == nil)
    }

    @Test("A disk that takes nothing is reported once, and the pause is shown as unsaved")
    func unwritable() async throws {
        let events = Mutex<[StreamStore.Event]>([])
        let store = try StreamStore(directory: "/nonexistent") { event in events.withLock { $0.append(event) } }
        for _ in 0..<2 {
            store.save(Self.memory)
            await store.flush()
        }
        #expect(store.unsaved != nil)
        #expect(events.withLock { $0.count } == 1)
    }

    @Test("What the disk has not taken is written once it takes it, though nothing else happens")
    func retry() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let path = "\(directory.path)/later"
        let store = try StreamStore(directory: path) { _ in }
        store.save(Self.memory)
        await store.flush()
        store.retry()
        #expect(store.unsaved != nil)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        store.retry()
        #expect(store.unsaved == nil)
        let memory = try StreamStore(directory: path) { _ in }.memory
        #expect(memory == Self.memory)
    }
}
