import Foundation
import Glibc
import Mail
import Suppression
import Synchronization
import TestKit
import Testing

@testable import Spool

@Suite("The store of suppressions")
struct SuppressionStoreTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)

    private final class Place: Sendable {
        let directory: TemporaryDirectory
        let now = Mutex(SuppressionStoreTests.start)
        let added = Mutex<[String]>([])

        init() throws {
            directory = try TemporaryDirectory(below: TemporaryDirectory.memory)
        }

        func open(hard: Int = 0, soft: Int = 0, expire: Duration = .zero) throws -> SuppressionStore {
            var settings = SuppressionSettings()
            (settings.hardBounces, settings.softBounces, settings.expire) = (hard, soft, expire)
            return try SuppressionStore.open(
                directory: directory.path, settings: settings, clock: { self.now.withLock { $0 } }
            ) { event in
                guard case .added(let entry, _) = event else { return }
                self.added.withLock { $0.append("\(entry.key.pattern) \(entry.source.rawValue)") }
            }
        }

        func advance(_ duration: Duration) { now.withLock { $0 = $0 + duration } }
    }

    private func entry(_ pattern: String, route: String? = nil, expiresAt: Timestamp? = nil) throws -> SuppressionEntry
    {
        SuppressionEntry(
            SuppressionKey(try SuppressionPattern(pattern), route: route), reason: "asked us", source: .operator,
            addedBy: "uid:0", addedAt: Self.start, expiresAt: expiresAt)
    }

    private func all(_ store: SuppressionStore, _ filter: SuppressionFilter = SuppressionFilter()) async throws
        -> [String]
    {
        var (found, last) = ([String](), SuppressionKey?.none)
        repeat {
            let page = try await store.page(after: last, limit: 3, filter)
            found += page.entries.map { "\($0.key.pattern)\($0.key.route.map { "/\($0)" } ?? "")" }
            last = page.last
        } while last != nil
        return found
    }

    private func isSuppressed(_ store: SuppressionStore, _ address: String, at now: Timestamp = start) -> Bool {
        store.index.match(address, route: "default", at: now) != nil
    }

    @Test("can be read by its owner only, also where an older release has left it to everybody")
    func modes() async throws {
        let place = try Place()
        let path = SuppressionDatabase.path(in: place.directory.path)
        for former in [mode_t?.none, 0o644] {
            if let former { #expect(chmod(path, former) == 0) }
            let store = try place.open()
            _ = try await store.add([entry("bob@example.com")], isRehearsal: false)
            for file in [path, path + "-wal", path + "-shm"] {
                let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
                #expect(mode == 0o600, "\(file)")
            }
            await store.close()
        }
    }

    @Test("what was answered is there after a restart, word for word")
    func restart() async throws {
        let place = try Place()
        var store = try place.open()
        let entries = [try entry("bob@example.com"), try entry("@example.org", route: "bulk"), try entry("eve@*")]
        #expect(try await store.add(entries, isRehearsal: false) == [true, true, true])
        #expect(try await store.add([entries[0]], isRehearsal: false) == [false])
        await store.close()
        store = try place.open()
        #expect(store.index.count == 3)
        for entry in entries { #expect(try await store.entry(entry.key) == entry) }
        #expect(isSuppressed(store, "Bob@Example.com") && isSuppressed(store, "eve@a.example"))
        #expect(try await all(store) == ["@example.org/bulk", "bob@example.com", "eve@*"])
        await store.close()
    }

    @Test("a rehearsal changes nothing")
    func rehearsal() async throws {
        let store = try Place().open()
        #expect(try await store.add([try entry("bob@example.com")], isRehearsal: true) == [true])
        #expect(try await all(store).isEmpty && store.index.count == 0)
        _ = try await store.add([try entry("bob@example.com")], isRehearsal: false)
        let pattern = try SuppressionPattern("bob@example.com")
        #expect(try await store.remove([pattern], route: nil, isRehearsal: true)[0].count == 1)
        #expect(try await store.removeAll(SuppressionFilter(), isRehearsal: true) == 1)
        #expect(isSuppressed(store, "bob@example.com"))
        await store.close()
    }

    @Test("a pattern is removed for all routes, or for one")
    func removal() async throws {
        let store = try Place().open()
        let pattern = try SuppressionPattern("bob@example.com")
        for route in [nil, "a", "b"] {
            _ = try await store.add([try entry("bob@example.com", route: route)], isRehearsal: false)
        }
        #expect(try await store.remove([pattern], route: "a", isRehearsal: false)[0].map(\.route) == ["a"])
        #expect(try await all(store) == ["bob@example.com", "bob@example.com/b"])
        #expect(try await store.remove([pattern], route: nil, isRehearsal: false)[0].count == 2)
        #expect(try await store.remove([pattern], route: nil, isRehearsal: false)[0].isEmpty)
        #expect(store.index.count == 0 && !isSuppressed(store, "bob@example.com"))
        await store.close()
    }

    @Test("a filter finds all pages of what it selects, and nothing else")
    func filter() async throws {
        let store = try Place().open()
        let entries = try (0..<2500).map { try entry("u\($0)@h\($0 % 2).example") }
        _ = try await store.add(entries, isRehearsal: false)
        #expect(try await all(store, SuppressionFilter(text: "@H1.")).count == 1250)
        #expect(try await store.removeAll(SuppressionFilter(text: "@h1."), isRehearsal: false) == 1250)
        #expect(try await store.removeAll(SuppressionFilter(source: .import), isRehearsal: false) == 0)
        #expect(store.index.count == 1250)
        #expect(!isSuppressed(store, "u1@h1.example") && isSuppressed(store, "u2@h0.example"))
        await store.close()
    }

    @Test("a file is taken as a whole, or not at all")
    func files() async throws {
        let store = try Place().open()
        let defaults = SuppressionImport.Defaults(now: Self.start, routes: [])
        let bad = try await store.take(
            Array("bob@example.com\nnobody\nann@example.com\n@@\n".utf8), defaults, isRehearsal: false)
        #expect(bad.problems.map(\.line) == [2, 4])
        #expect(try await all(store).isEmpty && store.index.count == 0)
        let good = Array(
            "pattern,expires_at\nbob@example.com,\nann@example.com,2001-01-01T00:00:00Z\n@b.example,\nBOB@example.com,\n"
                .utf8)
        let rehearsed = try await store.take(good, defaults, isRehearsal: true)
        #expect(rehearsed.added == 2 && rehearsed.replaced == 1 && rehearsed.expired == 1 && rehearsed.wide == 1)
        #expect(store.index.count == 0)
        #expect(try await store.take(good, defaults, isRehearsal: false) == rehearsed)
        #expect(try await all(store) == ["@b.example", "bob@example.com"])
        await store.close()
    }

    @Test("one that is over goes, and is not shown before it is gone")
    func expiry() async throws {
        let place = try Place()
        var store = try place.open()
        _ = try await store.add(
            [try entry("bob@example.com", expiresAt: Self.start + .seconds(60)), try entry("ann@example.com")],
            isRehearsal: false)
        place.advance(.seconds(60))
        #expect(try await all(store) == ["ann@example.com"])
        await store.close()
        store = try place.open()
        #expect(store.index.count == 1)
        await store.close()
    }

    private func bounce(_ id: Int64, _ address: String, _ kind: BounceKind = .hard, after: Duration = .zero) -> Bounce {
        Bounce(
            queueID: QueueID(rawValue: id), address: Address(unchecked: address), kind: kind, reply: "550 5.1.1 gone",
            at: Self.start + after)
    }

    @Test("bounces are counted over restarts, and suppress the address that had them")
    func bounces() async throws {
        let place = try Place()
        var store = try place.open(hard: 2, expire: .seconds(1000))
        store.bounced(bounce(1, "Bob@Example.com"))
        store.bounced(bounce(1, "bob@example.com"))
        store.bounced(bounce(2, "ann@example.com"))
        #expect(try await store.tally(of: Address(unchecked: "bob@EXAMPLE.com")).hardCount == 1)
        await store.close()
        store = try place.open(hard: 2, expire: .seconds(1000))
        store.bounced(bounce(3, "\"bob\"@example.com"))
        #expect(try await all(store) == ["bob@example.com"])
        let found = try await store.entry(SuppressionKey(try SuppressionPattern("bob@example.com")))
        #expect(found?.source == .hardBounces && found?.reason == "550 5.1.1 gone" && found?.addedBy == nil)
        #expect(found?.expiresAt == Self.start + .seconds(1000))
        #expect(place.added.withLock { $0 } == ["bob@example.com hard_bounces"])
        // Removed by hand, it starts from nothing.
        _ = try await store.remove([try SuppressionPattern("bob@example.com")], route: nil, isRehearsal: false)
        store.bounced(bounce(4, "bob@example.com"))
        #expect(try await all(store).isEmpty)
        await store.close()
    }

    @Test("a bounce does not replace somebody's word")
    func operatorsWord() async throws {
        let store = try Place().open(hard: 1)
        _ = try await store.add([try entry("bob@example.com")], isRehearsal: false)
        store.bounced(bounce(1, "bob@example.com"))
        #expect(try await store.entry(SuppressionKey(try SuppressionPattern("bob@example.com")))?.source == .operator)
        await store.close()
    }

    @Test("without hard_bounces and soft_bounces nothing is counted")
    func off() async throws {
        let store = try Place().open()
        for id in 0..<10 { store.bounced(bounce(Int64(id), "bob@example.com", id.isMultiple(of: 2) ? .hard : .soft)) }
        #expect(try await store.tally(of: Address(unchecked: "bob@example.com")) == BounceTally())
        #expect(try await all(store).isEmpty)
        await store.close()
    }

    @Test("a database of a newer release is not touched")
    func newer() async throws {
        let place = try Place()
        await (try place.open()).close()
        let connection = try SQLiteConnection(path: SuppressionDatabase.path(in: place.directory.path), access: .write)
        try connection.execute("PRAGMA user_version = 99")
        #expect(throws: SpoolError.self) { try place.open() }
    }

    @Test("a database that cannot be read says what to do, and is not touched")
    func damaged() async throws {
        let place = try Place()
        let path = SuppressionDatabase.path(in: place.directory.path)
        let garbage = Data(repeating: 0x41, count: 8192)
        try garbage.write(to: URL(fileURLWithPath: path))
        let error = #expect(throws: SpoolError.self) { try place.open() }
        #expect(error?.code == .corrupt && error?.message.contains("move \(path)") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == garbage)
    }

    @Test("after its end it refuses changes")
    func closed() async throws {
        let store = try Place().open(hard: 1)
        await store.close()
        store.bounced(bounce(1, "bob@example.com"))
        await #expect(throws: SpoolError.self) {
            try await store.add([try entry("bob@example.com")], isRehearsal: false)
        }
    }
}
