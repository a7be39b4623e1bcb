import Mail
import Testing

@testable import Spool

@Suite("Routing text")
struct RoutingTextTests {
    private static let facts = [
        RoutingFacts(route: "bulk"), RoutingFacts(route: ""), RoutingFacts(headers: ["x-tenant": "acme: \t a"]),
        RoutingFacts(route: "a:b", headers: ["x-stream": "", "subject": "prix de l’été"]),
        RoutingFacts(headers: ["x-a": "1"], sought: ["x-a", "x-b"]), RoutingFacts(relays: ["a.test"]),
        RoutingFacts(route: "r", headers: ["x": "y"], relays: ["b.test", "a.test"]),
        RoutingFacts(stream: "spring: 10 % — été"), RoutingFacts(route: "r", headers: ["stream": "a"], stream: "b"),
        RoutingFacts(probe: ProbeMark(trip: "a box  of mine", upstream: "ses", number: .max)),
        RoutingFacts(stream: "s", probe: ProbeMark(trip: "box", upstream: nil, number: 0)),
    ]

    @Test("survives a round trip", arguments: facts)
    func roundTrip(facts: RoutingFacts) throws {
        let text = try #require(RoutingText.encode(facts))
        #expect(Array(text.utf8).withUnsafeBytes { RoutingText.decode($0) } == facts)
        #expect(Array(text.utf8).withUnsafeBytes { RoutingText.streamName(of: $0) } == facts.stream)
    }

    @Test("is empty for most messages")
    func none() {
        #expect(RoutingText.encode(.none) == nil)
    }

    @Test("keeps its lines whatever a field says")
    func controls() throws {
        let text = try #require(RoutingText.encode(RoutingFacts(headers: ["x": "a\r\n:evil\nb"])))
        let facts = Array(text.utf8).withUnsafeBytes { RoutingText.decode($0) }
        #expect(facts == RoutingFacts(headers: ["x": "a  :evil b"]))
    }

    @Test("of older releases has no relays")
    func older() {
        let facts = Array(":bulk\nrelays:a b\n".utf8).withUnsafeBytes { RoutingText.decode($0) }
        #expect(facts == RoutingFacts(route: "bulk", headers: ["relays": "a b"]))
    }

    @Test(
        "is refused if it cannot have been written",
        arguments: ["", ":bulk", "name\n", ":bulk\n\n", " probe:1\n", " probe:x ses box\n"])
    func refused(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { RoutingText.decode($0) } == nil)
    }
}
