import Foundation
import Mail
import Suppression
import TestKit
import Testing

@testable import Spool

/// Figures for docs/performance.md; runs only with POSTHORSE_SUPPRESSION_BENCH=1, in a release build.
@Suite(
    "Speed of the suppression list", .serialized,
    .enabled(if: ProcessInfo.processInfo.environment["POSTHORSE_SUPPRESSION_BENCH"] != nil))
struct SuppressionBenchmark {
    private let now = Timestamp(milliseconds: 1_790_000_000_000)
    private let count = ProcessInfo.processInfo.environment["COUNT"].flatMap { Int($0) } ?? 1_000_000

    private func address(_ number: Int) -> String { "firstname.lastname\(number)@customer\(number % 5000).example.com" }

    private func time<Result>(_ name: String, each count: Int? = nil, _ body: () throws -> Result) rethrows -> Result {
        let started = Monotonic.now
        let result = try body()
        let took = Double(Monotonic.now - started)
        print(count.map { "\(name): \(Int(took / Double($0))) ns each" } ?? "\(name): \(Int(took / 1e6)) ms")
        return result
    }

    @Test("import, start, memory, and a question at RCPT")
    func list() async throws {
        let directory = try TemporaryDirectory()
        func open() throws -> SuppressionStore {
            try SuppressionStore.open(
                directory: directory.path, settings: SuppressionSettings(), clock: { now }, events: { _ in })
        }
        let file = Array((0..<count).map { address($0) + "\n" }.joined().utf8)
        let asked = (0..<count).map { address(($0 &* 7919) % (2 * count)) }
        var store = try open()
        time("no suppressions", each: count) { for address in asked { ask(store, address) } }
        let started = Monotonic.now
        let defaults = SuppressionImport.Defaults(now: now, routes: [])
        let result = try await store.take(file, defaults, isRehearsal: false)
        #expect(result.added == count)
        print("import of \(count): \((Monotonic.now - started) / 1_000_000) ms")
        await store.close()
        store = try time("start") { try open() }
        print("memory: \(store.index.octets) octets, \(store.index.octets / count) each")
        #expect(store.index.octets <= 100 * count)
        time("a question, half of them found", each: count) { for address in asked { ask(store, address) } }
        await store.close()
    }

    private func ask(_ store: SuppressionStore, _ address: String) {
        _ = store.index.match(address, route: "default", at: now)
    }
}
