import Foundation
import Ingress
import Testing

@testable import Configuration

@Suite("Rewriting in relay.conf")
struct RewriteTests {
    private let rules = """
        [[rewrite]]
        field = "From"
        match = "@old.example"
        to = "@new.example"
        [[rewrite]]
        field = "sender"
        match = "@old.example"
        to = "a@new.example"
        """

    @Test("rules keep their order, and the same address may become others elsewhere")
    func order() throws {
        let rewrites = try configuration(minimal + rules).ingress.rewrites
        #expect(rewrites.map(\.field) == [.from, .sender])
        #expect(rewrites.map(\.target.text) == ["@new.example", "a@new.example"])
        #expect(problems(minimal + rules) == [])
    }

    @Test("a rule that an earlier one leaves nothing is a warning")
    func shadowed() throws {
        let more = "\n[[rewrite]]\nfield = \"From\"\nmatch = \"*@OLD.example\"\nto = \"@x.example\"\n"
        #expect(
            problems(minimal + rules + more) == [
                "relay.conf:15: warning: rewrite.match: \"@old.example\" is matched by the table on line 7 already; "
                    + "remove one of the two; the first decides"
            ])
    }

    @Test("there are at most 256")
    func tooMany() {
        let many = (0...256).map {
            "[[rewrite]]\nfield = \"From\"\nmatch = \"a\($0)@x.test\"\nto = \"@y.test\"\n"
        }
        #expect(
            problems(minimal + many.joined()).contains { $0.contains("rewrite: has 257 entries; keep at most 256") })
    }

    @Test("another order is a change")
    func reordered() throws {
        let tables = rules.components(separatedBy: "[[rewrite]]\n").dropFirst().map { "[[rewrite]]\n\($0)\n" }
        let (before, after) = (tables.joined(), tables.reversed().joined())
        let changes = try configuration(minimal + before).changes(in: configuration(minimal + after))
        #expect(changes.map(\.key) == ["rewrite"])
    }
}
