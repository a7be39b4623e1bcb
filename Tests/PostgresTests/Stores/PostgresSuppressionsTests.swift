import Mail
import Suppression
import Synchronization
import TestKit
import Testing

@testable import Postgres
@testable import Spool

@Suite("Suppressions in PostgreSQL", .ownThread)
struct PostgresSuppressionsTests {
    private static let start = Timestamp(milliseconds: 1_790_000_000_000)

    private final class Place: Sendable {
        let database: TestDatabase
        let now = Mutex(PostgresSuppressionsTests.start)
        let events = Mutex<[String]>([])

        init() throws { database = try TestDatabase(SuppressionTables.sql) }

        func open(hard: Int = 0, expire: Duration = .zero) throws -> SuppressionStore {
            var settings = SuppressionSettings()
            (settings.hardBounces, settings.expire) = (hard, expire)
            return try SuppressionStore.open(
                PostgresSuppressions(database.pool), settings: settings, clock: { self.now.withLock { $0 } }
            ) { event in
                let text: String =
                    switch event {
                    case .opened: "opened"
                    case .added(let entry, _): "added \(entry.key.pattern)"
                    case .expired(let count): "expired \(count)"
                    case .uncounted(let count, _): "uncounted \(count)"
                    }
                self.events.withLock { $0.append(text) }
            }
        }
    }

    private func entry(_ pattern: String, route: String? = nil, reason: String = "asked us") throws -> SuppressionEntry
    {
        SuppressionEntry(
            SuppressionKey(try SuppressionPattern(pattern), route: route), reason: reason, source: .operator,
            addedBy: "uid:0", addedAt: Self.start)
    }

    private func bounce(_ number: UInt64, _ address: String, at now: Timestamp = start) -> Bounce {
        Bounce(
            queueID: QueueID(rawValue: Int64(number)), address: Address(unchecked: address), kind: .hard,
            reply: "550 5.1.1 gone", at: now)
    }

    private func all(_ store: SuppressionStore) async throws -> [SuppressionEntry] {
        var (found, last) = ([SuppressionEntry](), SuppressionKey?.none)
        repeat {
            let page = try await store.page(after: last, limit: 3, SuppressionFilter())
            found += page.entries
            last = page.last
        } while last != nil
        return found
    }

    @Test("what was answered is there after a restart, word for word, in the order of octets")
    func restart() async throws {
        let place = try Place()
        var store = try place.open()
        let entries = [
            try entry("@Example.org", route: "bulk"), try entry("_x@example.com"), try entry("bob@example.com"),
            try entry("eve@*", reason: "Grüße"), try entry("éva@example.com"),
        ]
        #expect(try await store.add(entries.reversed(), isRehearsal: false).allSatisfy(\.self))
        #expect(try await store.add([entries[2], entries[2]], isRehearsal: false) == [false, false])
        await store.close()
        store = try place.open()
        #expect(store.index.count == 5)
        #expect(try await all(store) == entries)
        #expect(try await store.entry(entries[0].key) == entries[0])
        #expect(store.index.match("Bob@Example.com", route: "default", at: Self.start) != nil)
        await store.close()
    }

    @Test("rehearsals change nothing; a pattern is removed for one route, or for all")
    func removal() async throws {
        let place = try Place()
        let store = try place.open()
        let pattern = try SuppressionPattern("bob@example.com")
        let entries = try [nil, "a", "b"].map { try entry("bob@example.com", route: $0) }
        #expect(try await store.add(entries, isRehearsal: true) == [true, true, true])
        #expect(try await all(store).isEmpty)
        _ = try await store.add(entries, isRehearsal: false)
        #expect(try await store.entries(of: [pattern], route: nil)[pattern] == entries)
        #expect(try await store.remove([pattern, pattern], route: nil, isRehearsal: true).map(\.count) == [3, 0])
        #expect(try await store.remove([pattern], route: "a", isRehearsal: false) == [[entries[1].key]])
        #expect(try await store.removeAll(SuppressionFilter(), isRehearsal: false) == 2)
        #expect(try await all(store).isEmpty && store.index.count == 0)
        await store.close()
    }

    @Test("bounces add up over a restart, and what is over goes")
    func bounces() async throws {
        let place = try Place()
        var store = try place.open(hard: 2, expire: .seconds(60))
        let address = Address(unchecked: "bob@example.com")
        store.bounced(bounce(1, "Bob@example.com"))
        #expect(try await store.tally(of: address).hardCount == 1)
        await store.close()
        store = try place.open(hard: 2, expire: .seconds(60))
        for number in [1, 2, 3] { store.bounced(bounce(UInt64(number), "bob@example.com")) }
        #expect(try await store.tally(of: address).hardCount == 0)
        #expect(try await all(store).map(\.source) == [.hardBounces])
        await store.close()
        place.now.withLock { $0 = $0 + .seconds(61) }
        store = try place.open(hard: 2, expire: .seconds(60))
        #expect(try await all(store).isEmpty && store.index.count == 0)
        await store.close()
        #expect(
            place.events.withLock(\.self)
                == ["opened", "opened", "added bob@example.com", "expired 1", "opened"])
    }

    @Test("an import takes a round trip for thousands of lines")
    func roundTrips() async throws {
        let place = try Place()
        let store = try place.open()
        let defaults = SuppressionImport.Defaults(now: Self.start, routes: [])
        let file = Array((0..<30_000).map { "user\($0 % 29_000)@example.com\n" }.joined().utf8)
        place.database.plan.count()
        let result = try await store.take(file, defaults, isRehearsal: false)
        #expect(result.added == 29_000 && result.replaced == 1000)
        #expect(place.database.plan.runs < 12)
        #expect(store.index.count == 29_000)
        #expect(try await store.removeAll(SuppressionFilter(), isRehearsal: false) == 29_000)
        await store.close()
    }

    /// The orders of the test below, each by itself.
    private func orders(_ number: UInt64) -> [@Sendable (SuppressionStore) async throws -> Void] {
        let (first, second) = ("a\(number)@example.com", "b\(number)@example.com")
        return [
            { store in _ = try await store.add([try entry(first), try entry(second)], isRehearsal: false) },
            { store in
                _ = try await store.remove([try SuppressionPattern(first)], route: nil, isRehearsal: false)
            },
            { store in
                let defaults = SuppressionImport.Defaults(now: Self.start, routes: [])
                _ = try await store.take(Array("c\(number)@example.com\n".utf8), defaults, isRehearsal: false)
            },
            { store in
                store.bounced(bounce(number, "d\(number)@example.com"))
                _ = try await store.tally(of: Address(unchecked: "d\(number)@example.com"))
            },
        ]
    }

    @Test("a connection lost at any step changes all or nothing, and the answer says which")
    func lost() async throws {
        let place = try Place()
        let store = try place.open(hard: 1)
        var number: UInt64 = 0
        for order in 0..<orders(0).count {
            for moment in BreakPlan.Moment.allCases {
                var isOver = false
                for step in 1... where !isOver {
                    number += 1
                    // One that is there to be removed.
                    if order == 1 { _ = try await store.add([entry("a\(number)@example.com")], isRehearsal: false) }
                    let before = try stored(place)
                    place.database.plan.lose(step, moment)
                    let failure = await Result.of { try await orders(number)[order](store) }
                    isOver = place.database.plan.isPending
                    place.database.plan.count()
                    let after = try stored(place)
                    // Bounces are counted on their own.
                    if order < 3 {
                        #expect((after == before) == (failure != nil), "order \(order), step \(step), \(moment)")
                    }
                    _ = try await all(store)
                    check(store, before.union(after), after)
                    if isOver { break }
                }
            }
        }
        await store.close()
        #expect(!place.events.withLock(\.self).contains { $0.hasPrefix("expired") })
    }

    private func stored(_ place: Place) throws -> Set<String> {
        Set(try place.database.rows("SELECT pattern FROM suppression"))
    }

    private func check(_ store: SuppressionStore, _ known: Set<String>, _ stored: Set<String>) {
        #expect(store.index.count == stored.count)
        for pattern in known {
            let isThere = store.index.match(pattern, route: "default", at: Self.start) != nil
            #expect(isThere == stored.contains(pattern), "\(pattern)")
        }
    }

    @Test("an order whose fate nobody can tell is looked up once the database is back")
    func unsettled() async throws {
        let place = try Place()
        let store = try place.open()
        // Begin, two statements, commit; then nobody answers.
        place.database.plan.lose(3, .after, isLasting: true)
        let error = await #expect(throws: SpoolError.self) {
            try await store.add([entry("bob@example.com")], isRehearsal: false)
        }
        #expect(error?.code == .unsettled)
        place.database.plan.setAway(false)
        #expect(try await all(store).map(\.key.pattern.text) == ["bob@example.com"])
        #expect(store.index.match("bob@example.com", route: "default", at: Self.start) != nil)
        await store.close()
    }

    @Test("connections that have died meanwhile are replaced")
    func stale() async throws {
        let place = try Place()
        let store = try place.open()
        for number in 1...3 {
            _ = try await store.add([entry("a\(number)@example.com")], isRehearsal: false)
            try place.database.disconnect()
        }
        #expect(try await all(store).count == 3)
        await store.close()
    }

    @Test("without a database nothing can be opened or changed, and bounces are not counted")
    func away() async throws {
        let place = try Place()
        let store = try place.open(hard: 1)
        place.database.plan.setAway(true)
        let error = await #expect(throws: SpoolError.self) {
            try await store.add([entry("bob@example.com")], isRehearsal: false)
        }
        #expect(error?.code == .inputOutput)
        store.bounced(bounce(1, "bob@example.com"))
        await #expect(throws: SpoolError.self) { try await store.tally(of: Address(unchecked: "bob@example.com")) }
        let opening = #expect(throws: SpoolError.self) { try place.open() }
        #expect(opening?.message.contains("nobody answers at db.example") == true)
        place.database.plan.setAway(false)
        #expect(try await store.add([entry("bob@example.com")], isRehearsal: false) == [true])
        await store.close()
        #expect(place.events.withLock(\.self) == ["opened", "uncounted 1"])
    }
}

extension Result where Success == Void, Failure == any Error {
    /// - Returns: what `body` throws; nil for nothing.
    fileprivate static func of(_ body: () async throws -> Void) async -> (any Error)? {
        do {
            try await body()
            return nil
        } catch {
            return error
        }
    }
}
