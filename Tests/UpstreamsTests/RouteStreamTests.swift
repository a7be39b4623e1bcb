import Testing

@testable import Upstreams

@Suite("The stream of a recipient")
struct RouteStreamTests {
    private let table: RouteTable = {
        var bulk = Route(name: "bulk", upstreams: [0])
        bulk.stream = "newsletter"
        return RouteTable([bulk, Route(name: "plain", upstreams: [0])], upstreamCount: 1)
    }()

    private func stream(_ named: String?, user: String?, route: Int) -> String {
        table.stream(of: RouteTable.Subject(sender: "", user: user, stream: named), route: route)
    }

    @Test("What the message or its user's settings name comes first, then the route's, then the user, then the route")
    func order() {
        #expect(stream("spring", user: "shop", route: 0) == "spring")
        #expect(stream(nil, user: "shop", route: 0) == "newsletter")
        #expect(stream(nil, user: "shop", route: 1) == "shop")
        #expect(stream(nil, user: nil, route: 1) == "plain")
        #expect(stream(nil, user: nil, route: 2) == "default")
    }
}
