import Foundation
import Synchronization
import TestKit
import Testing

@testable import Delivery
@testable import Upstreams

@Suite("What upstreams have been given outlives the process")
struct QuotaStoreTests {
    private static let record = QuotaRecord(
        pool: 250,
        tallies: [
            .init(quota: "50000/d", entries: [.init(number: 20_818, used: 4711)], told: 1, toldAt: 7, heldUntil: nil)
        ])

    /// A directory with its file, and the store's events.
    private final class Place: Sendable {
        let directory: TemporaryDirectory
        private let told = Mutex<[QuotaStore.Event]>([])

        init() throws { directory = try TemporaryDirectory() }

        var file: String { directory.path + "/quotas.json" }
        var events: [QuotaStore.Event] { told.withLock { $0 } }

        func store() throws -> QuotaStore {
            try QuotaStore(directory: directory.path) { event in told.withLock { $0.append(event) } }
        }

        func write(_ text: String) throws { try text.write(toFile: file, atomically: false, encoding: .utf8) }
    }

    private func save(_ records: [String: QuotaRecord], _ store: QuotaStore) async -> String? {
        await withCheckedContinuation { continuation in
            store.save(records) { continuation.resume(returning: $0) }
        }
    }

    @Test("records come back as they were")
    func roundTrip() async throws {
        let place = try Place()
        let store = try place.store()
        #expect(store.records.isEmpty)
        #expect(await save(["ses": Self.record], store) == nil)
        #expect(try place.store().records == ["ses": Self.record])
        #expect(place.events.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory.path) == ["quotas.json"])
    }

    @Test("a write that fails is told, and leaves the file as it was")
    func failure() async throws {
        let place = try Place()
        let store = try place.store()
        _ = await save(["ses": Self.record], store)
        try FileManager.default.createDirectory(
            atPath: place.directory.path + "/.quotas.json.new", withIntermediateDirectories: false)
        let reason = await save([:], store)
        #expect(reason?.contains(".quotas.json.new") == true)
        #expect(try place.store().records == ["ses": Self.record])
    }

    @Test(
        "a file that makes no sense is set aside",
        arguments: [
            "", "{", "[]", #"{"upstreams":{},"version":2}"#,
            #"{"upstreams":{"a":{"pool":-1,"tallies":[]}},"version":1}"#,
            #"{"upstreams":{"a":{"pool":0,"tallies":[{"quota":"1/d","told":0,"entries":[{"number":1,"used":9223372036854775807}]}]}},"version":1}"#,
            #"{"upstreams":{"a":{"pool":0,"tallies":[{"quota":"1/d","told":0,"entries":[{"number":-9223372036854775808,"used":1}]}]}},"version":1}"#,
            #"{"upstreams":{"a":{"pool":0,"tallies":[{"quota":"1/24h","told":0,"entries":[{"number":281474976710656,"used":1}]}]}},"version":1}"#,
        ])
    func broken(text: String) throws {
        let place = try Place()
        try place.write(text)
        #expect(try place.store().records.isEmpty)
        let reason = "it is not what was written"
        #expect(place.events == [.unreadable(path: place.file, reason: reason, keptAt: place.file + ".broken")])
        #expect(try String(contentsOfFile: place.file + ".broken", encoding: .utf8) == text)
    }

    @Test("a file that the system does not let us read keeps the relay from starting")
    func unreadable() throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.file, withIntermediateDirectories: false)
        #expect(throws: QuotaStoreError.self) { try place.store() }
    }
}
