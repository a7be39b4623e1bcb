import Mail
import TestKit
import Testing

@testable import Suppression

@Suite("The index of suppressions")
struct SuppressionIndexTests {
    private let now = Timestamp(milliseconds: 1_790_000_000_000)

    private func index(_ patterns: String..., route: String? = nil) throws -> SuppressionIndex {
        let index = SuppressionIndex()
        for pattern in patterns { index.set(try entry(pattern, route: route)) }
        return index
    }

    private func entry(
        _ pattern: String, route: String? = nil, source: SuppressionSource = .operator, by: String? = "uid:0",
        expiresAt: Timestamp? = nil
    ) throws -> SuppressionEntry {
        SuppressionEntry(
            SuppressionKey(try SuppressionPattern(pattern), route: route), reason: "test", source: source, addedBy: by,
            addedAt: now, expiresAt: expiresAt)
    }

    @Test(
        "finds what an address fits, in whatever form it comes",
        arguments: [
            ("bob@example.com", "BOB@Example.com", true), ("bob@example.com", "\"bob\"@example.com", true),
            ("bob@example.com", "bobb@example.com", false), ("bob@example.com", "bob@example.com.example.org", false),
            ("@example.com", "ann@EXAMPLE.com", true), ("@example.com", "ann@a.example.com", false),
            ("@example.com", "\"ann@example.com\"@example.org", false),
            ("@bücher.example", "a@xn--bcher-kva.example", true), ("@xn--bcher-kva.example", "a@bücher.example", true),
            ("@*.example.com", "ann@a.b.example.com", true), ("@*.example.com", "ann@a.example.com", true),
            ("@*.example.com", "ann@example.com", false), ("@*.example.com", "ann@badexample.com", false),
            ("noreply@*", "NoReply@any.example", true), ("noreply@*", "xnoreply@any.example", false),
            ("noreply@*", "noreply", false), ("noreply@*", "a@noreply", false),
        ])
    func matches(_ pattern: String, _ address: String, _ isSuppressed: Bool) throws {
        let match = try index(pattern).match(address, route: "default", at: now)
        #expect((match != nil) == isSuppressed)
    }

    @Test("a star in an address is nothing but a star")
    func literalStar() {
        let index = SuppressionIndex()
        let key = SuppressionKey(SuppressionPattern(address: "*@example.com"))
        index.set(SuppressionEntry(key, reason: "", source: .hardBounces, addedAt: now))
        #expect(index.match("ann@example.com", route: "default", at: now) == nil)
        #expect(index.match("*@example.com", route: "default", at: now)?.key.pattern.text == "*@example.com")
    }

    @Test("a suppression for a route is one for that route only")
    func route() throws {
        let index = try index("bob@example.com", route: "bulk")
        #expect(index.match("bob@example.com", route: "default", at: now) == nil)
        #expect(index.match("bob@example.com", route: "bulk", at: now)?.key.route == "bulk")
        index.remove(SuppressionKey(try SuppressionPattern("bob@example.com"), route: "bulk"))
        #expect(index.match("bob@example.com", route: "bulk", at: now) == nil)
    }

    @Test("one that is over keeps no mail")
    func expiry() throws {
        let index = SuppressionIndex()
        index.set(try entry("bob@example.com", expiresAt: now + .seconds(10)))
        #expect(index.match("bob@example.com", route: "default", at: now + .seconds(9)) != nil)
        #expect(index.match("bob@example.com", route: "default", at: now + .seconds(10)) == nil)
    }

    @Test("says who added it and when")
    func words() throws {
        let index = SuppressionIndex()
        index.set(try entry("bob@example.com", by: "uid:1000"))
        index.set(try entry("@example.org", source: .hardBounces, by: nil))
        #expect(
            index.match("bob@example.com", route: "default", at: now)?.reply.description
                == "550 5.1.1 bob@example.com is suppressed: by operator uid:1000 at 2026-09-21T14:13:20Z")
        let match = try #require(index.match("ann@example.org", route: "default", at: now))
        #expect(match.reply.description.contains("by this relay"))
    }

    @Test("takes at most 100 octets for an entry")
    func memory() {
        let index = SuppressionIndex()
        for number in 0..<200_000 {
            let key = SuppressionKey(
                SuppressionPattern(address: "firstname.lastname\(number)@example\(number % 1000).com"))
            index.set(SuppressionEntry(key, reason: "", source: .import, addedAt: now))
        }
        #expect(index.count == 200_000)
        #expect(index.octets <= 20_000_000)
        for number in 0..<200_000 {
            let address = "firstname.lastname\(number)@example\(number % 1000).com"
            index.remove(SuppressionKey(SuppressionPattern(address: address)))
        }
        #expect(index.count == 0 && index.octets <= 4_000_000)
    }

    @Test("agrees with a dictionary after any changes")
    func model() throws {
        var random = SeededGenerator(seed: 11)
        let index = SuppressionIndex()
        var model: [String: Timestamp] = [:]
        let patterns = try (0..<3000).map { try SuppressionPattern("user\($0)@example\($0 % 7).com") }
        for step in 0..<20_000 {
            let pattern = patterns[Int.random(in: patterns.indices, using: &random)]
            if Bool.random(using: &random) {
                let addedAt = now + .seconds(step)
                index.set(
                    SuppressionEntry(SuppressionKey(pattern), reason: "", source: .import, addedAt: addedAt))
                model[pattern.text] = addedAt
            } else {
                index.remove(SuppressionKey(pattern))
                model[pattern.text] = nil
            }
        }
        #expect(index.count == model.count)
        for pattern in patterns {
            #expect(index.match(pattern.text, route: "", at: now)?.addedAt == model[pattern.text])
        }
    }
}
