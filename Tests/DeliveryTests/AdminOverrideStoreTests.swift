import Foundation
import Glibc
import Mail
import Synchronization
import TestKit
import Testing

@testable import Delivery

@Suite("Operators' overrides outlive the process")
struct AdminOverrideStoreTests {
    private static let now = Timestamp(milliseconds: 1_795_255_200_123)
    private static let disabled = AdminOverride(state: .disabled, reason: "quota \"gone\"\n", since: now)
    private static let draining = AdminOverride(state: .draining, since: now, until: now + .seconds(1800))

    /// A directory with its file, and the store's events.
    private final class Place: Sendable {
        let directory: TemporaryDirectory
        private let told = Mutex<[AdminOverrideStore.Event]>([])

        init() throws { directory = try TemporaryDirectory() }

        var file: String { directory.path + "/upstreams.json" }
        var events: [AdminOverrideStore.Event] { told.withLock { $0 } }

        func store(_ names: [String] = ["ses", "mg"]) throws -> AdminOverrideStore {
            try AdminOverrideStore(directory: directory.path, upstreams: names, now: now) { event in
                self.told.withLock { $0.append(event) }
            }
        }

        func write(_ text: String) throws {
            try text.write(toFile: file, atomically: false, encoding: .utf8)
        }
    }

    @Test("Overrides come back unchanged, and enabled upstreams are not stored")
    func roundTrip() async throws {
        let place = try Place()
        let store = try place.store()
        #expect(store.overrides.isEmpty)
        store.save(["ses": Self.disabled, "mg": AdminOverride(state: .enabled, since: Self.now)])
        await store.flush()
        #expect(try place.store().overrides == ["ses": Self.disabled])
        store.save(["ses": Self.disabled, "mg": Self.draining])
        await store.flush()
        #expect(try place.store().overrides == ["ses": Self.disabled, "mg": Self.draining])
        #expect(place.events.isEmpty)
    }

    @Test("The file belongs to its owner only, and nothing else stays in the directory")
    func mode() async throws {
        let place = try Place()
        let store = try place.store()
        for _ in 0..<3 { store.save(["ses": Self.disabled]) }
        await store.flush()
        var status = stat()
        #expect(stat(place.file, &status) == 0)
        #expect(status.st_mode & 0o7777 == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory.path) == ["upstreams.json"])
    }

    @Test("Of several quick saves the last one counts")
    func last() async throws {
        let place = try Place()
        let store = try place.store()
        for number in 0..<200 {
            store.save(["ses": AdminOverride(state: .disabled, reason: "\(number)", since: Self.now)])
        }
        await store.flush()
        #expect(try place.store().overrides["ses"]?.reason == "199")
    }

    @Test("The override of an upstream that is not in relay.conf is kept for its return, and reported")
    func unknown() async throws {
        let place = try Place()
        let first = try place.store()
        first.save(["ses": Self.disabled, "mg": Self.draining])
        await first.flush()
        let second = try place.store(["mg"])
        #expect(second.overrides == ["mg": Self.draining, "ses": Self.disabled])
        #expect(place.events == [.unknownUpstream("ses", state: .disabled)])
        second.save(["ses": Self.disabled])
        await second.flush()
        #expect(try place.store().overrides == ["ses": Self.disabled])
    }

    @Test("The override of an unknown upstream is dropped once expired")
    func expired() async throws {
        let place = try Place()
        let past = AdminOverride(state: .draining, since: Self.now + .seconds(-9), until: Self.now + .seconds(-1))
        let first = try place.store(["gone"])
        first.save(["gone": past])
        await first.flush()
        let second = try place.store()
        #expect(second.overrides.isEmpty && place.events.isEmpty)
        second.save([:])
        await second.flush()
        #expect(try place.store(["gone"]).overrides.isEmpty)
    }

    @Test(
        "A broken file is set aside and reported, and every upstream is enabled",
        arguments: [
            "", "{", "[]", "\u{0}\u{1}", #"{"version":2,"upstreams":{}}"#, #"{"upstreams":{}}"#,
            #"{"version":1,"upstreams":{"ses":{"state":"asleep","since":"2026-11-21T10:00:00.000Z"}}}"#,
            #"{"version":1,"upstreams":{"ses":{"state":"disabled","since":"yesterday"}}}"#,
            String(repeating: " ", count: 1_100_000),
        ])
    func broken(text: String) async throws {
        let place = try Place()
        try place.write(text)
        let store = try place.store()
        #expect(store.overrides.isEmpty)
        guard case .unreadable(place.file, let reason, let keptAt?)? = place.events.first, place.events.count == 1
        else { throw PlaceError(events: place.events) }
        #expect(!reason.isEmpty)
        #expect(try String(contentsOfFile: keptAt, encoding: .utf8) == text)
        store.save(["ses": Self.disabled])
        await store.flush()
        #expect(try place.store().overrides == ["ses": Self.disabled])
        #expect(try String(contentsOfFile: keptAt, encoding: .utf8) == text)
    }

    @Test("An unreadable file is left alone, and nothing starts", arguments: [true, false])
    func unreadable(isLink: Bool) throws {
        let place = try Place()
        if isLink {
            try FileManager.default.createSymbolicLink(atPath: place.file, withDestinationPath: "/elsewhere.json")
        } else {
            try FileManager.default.createDirectory(atPath: place.file, withIntermediateDirectories: false)
        }
        let error = #expect(throws: AdminOverrideError.self) { try place.store() }
        #expect(error?.description.contains(place.file) == true)
        #expect(place.events.isEmpty)
        #expect(try FileManager.default.contentsOfDirectory(atPath: place.directory.path) == ["upstreams.json"])
    }

    @Test("A failed write is reported, and does not touch the old file")
    func unwritable() async throws {
        let place = try Place()
        let store = try place.store()
        store.save(["ses": Self.disabled])
        await store.flush()
        #expect(store.unsaved == nil)
        // A directory stands in the way of the new file.
        let obstacle = place.directory.path + "/.upstreams.json.new"
        try FileManager.default.createDirectory(atPath: obstacle, withIntermediateDirectories: false)
        store.save([:])
        await store.flush()
        guard case .unwritable(place.file, let reason)? = place.events.first else {
            throw PlaceError(events: place.events)
        }
        #expect(store.unsaved == reason)
        #expect(try place.store().overrides == ["ses": Self.disabled])
        try FileManager.default.removeItem(atPath: obstacle)
        store.save([:])
        await store.flush()
        #expect(store.unsaved == nil)
        #expect(try place.store().overrides.isEmpty)
    }

    @Test("The remains of an interrupted write are no obstacle")
    func leftover() async throws {
        let place = try Place()
        try "half".write(
            toFile: place.directory.path + "/.upstreams.json.new", atomically: false, encoding: .utf8)
        let store = try place.store()
        store.save(["mg": Self.draining])
        await store.flush()
        #expect(try place.store().overrides == ["mg": Self.draining])
        #expect(place.events.isEmpty)
    }

    private struct PlaceError: Error {
        let events: [AdminOverrideStore.Event]
    }
}
