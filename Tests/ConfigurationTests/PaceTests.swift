import Delivery
import Testing
import Upstreams

@testable import Configuration

@Suite("Paces in relay.conf")
struct PaceTests {
    private let tables = """
        [[pace]]
        domain = "family:google"
        max_rate = "20/s"
        [[pace]]
        domain = ["example.com", "*.example.com"]
        max_connections = 2

        """

    @Test("keep their order")
    func order() throws {
        let paces = try configuration(minimal + tables).delivery.paces
        #expect(paces.map(\.name) == ["family:google", "example.com,*.example.com"])
        #expect(paces[0].limit == 20 && paces[1].maxConnections == 2)
        #expect(problems(minimal + tables) == [])
    }

    @Test("a domain of an earlier table, and a table without any limit, are warnings")
    func warnings() throws {
        let more = "[[pace]]\ndomain = \"Example.com\"\nadaptive = false\n"
        let found = problems(minimal + tables + more)
        #expect(found.count == 2)
        #expect(found.contains { $0.contains("\"example.com\" is in the table on line") })
        #expect(found.contains { $0.contains("limits nothing; set max_rate or max_connections") })
    }

    @Test("there are at most 256")
    func tooMany() {
        let many = (0...256).map { "[[pace]]\ndomain = \"d\($0).test\"\n" }
        #expect(problems(minimal + many.joined()).contains { $0.contains("has 257 entries; keep at most 256") })
    }

    @Test("another order is a change, since the first that fits decides")
    func reordered() throws {
        let first = "[[pace]]\ndomain = \"a.test\"\n"
        let second = "[[pace]]\ndomain = \"*.test\"\n"
        let changes = try configuration(minimal + first + second).changes(
            in: configuration(minimal + second + first))
        #expect(changes.map(\.key) == ["pace"])
    }
}
