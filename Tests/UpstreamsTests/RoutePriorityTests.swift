import Mail
import Testing
import Upstreams

@Suite("A route's class")
struct RoutePriorityTests {
    private func route(_ name: String, _ recipient: String, _ priority: Priority?) -> Route {
        var route = Route(name: name, upstreams: [0])
        route.match.recipient = recipient
        route.priority = priority
        return route
    }

    private func addresses(_ texts: [String]) -> [Address] { texts.map { Address(unchecked: $0) } }

    @Test("is that of the first recipient whose route has one")
    func first() {
        let table = RouteTable(
            [route("a", "@a.example", nil), route("b", "@b.example", .bulk), route("c", "@c.example", .high)],
            upstreamCount: 1)
        let subject = RouteTable.Subject(sender: "s@x")
        #expect(table.givesPriorities)
        #expect(
            table.priority(of: subject, recipients: addresses(["1@a.example", "2@b.example", "3@c.example"])) == .bulk)
        #expect(table.priority(of: subject, recipients: addresses(["3@c.example", "2@b.example"])) == .high)
        #expect(table.priority(of: subject, recipients: addresses(["1@a.example", "4@d.example"])) == nil)
        #expect(table.priority(of: subject, recipients: []) == nil)
    }

    @Test("is that of the user's route where the user has one")
    func ofUser() {
        let table = RouteTable([route("a", "@a.example", nil), route("b", "@b.example", .bulk)], upstreamCount: 1)
        let subject = RouteTable.Subject(sender: "s@x", route: "b", user: "news")
        #expect(table.priority(of: subject, recipients: addresses(["1@a.example"])) == .bulk)
    }

    @Test("is not there where no route has one")
    func none() {
        #expect(!RouteTable([route("a", "@a.example", nil)], upstreamCount: 1).givesPriorities)
    }
}
