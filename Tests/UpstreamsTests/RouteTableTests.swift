import Testing
import Upstreams

@Suite("Routes")
struct RouteTableTests {
    private func matches(
        _ match: Route.Match, sender: String = "shop@example.com", recipient: String = "anna@example.org",
        user: String? = nil, headers: [String: String] = [:]
    ) -> Bool {
        var route = Route(name: "a", upstreams: [0])
        route.match = match
        let table = RouteTable([route], upstreamCount: 1)
        let subject = RouteTable.Subject(sender: sender, user: user, headers: headers)
        return table.route(of: subject, recipient: recipient) == 0
    }

    @Test(
        "an address matches itself, its domain, and stars",
        arguments: [
            "anna@example.org", "ANNA@Example.ORG", "@example.org", "@EXAMPLE.*", "@*.org", "@*", "*", "anna@*",
            "*@example.org", "a*a@ex*le.org", "*@*",
        ])
    func recipient(pattern: String) {
        #expect(matches(.init(recipient: pattern)))
        #expect(matches(.init(sender: pattern), sender: "anna@example.org"))
    }

    @Test(
        "and no others",
        arguments: [
            "otto@example.org", "@example.com", "@*.example.org", "@ample.org", "@example", "example.org", "@", "<>",
            "anna@", "*@",
        ])
    func otherRecipient(pattern: String) {
        #expect(!matches(.init(recipient: pattern)))
        #expect(!matches(.init(sender: pattern), sender: "anna@example.org"))
    }

    @Test("the domain after a quoted local part follows the last at sign")
    func quoted() {
        #expect(matches(.init(recipient: "@example.org"), recipient: "\"a@b\"@example.org"))
        #expect(!matches(.init(recipient: "@b\"@example.org"), recipient: "\"a@b\"@example.org"))
    }

    @Test("the empty sender has a pattern of its own, and no domain")
    func nullSender() {
        #expect(matches(.init(sender: "<>"), sender: ""))
        #expect(matches(.init(sender: "*"), sender: ""))
        #expect(!matches(.init(sender: "@*"), sender: ""))
        #expect(!matches(.init(sender: "*@*"), sender: ""))
    }

    @Test("a user pattern requires a user")
    func user() {
        #expect(matches(.init(user: "app-*"), user: "App-1"))
        #expect(!matches(.init(user: "app-*"), user: "web"))
        #expect(!matches(.init(user: "*"), user: nil))
        #expect(matches(.init(user: "*"), user: "web"))
    }

    @Test(
        "a header pattern requires the whole value of an existing field",
        arguments: [
            ("X-Stream: bulk", true), ("x-stream:BULK", true), ("X-Stream:  b*  ", true), ("X-Stream: *", true),
            ("X-Stream: ul", false), ("X-Other: *", false), ("no colon", false), (": *", false),
        ])
    func header(condition: String, expected: Bool) {
        #expect(matches(.init(header: condition), headers: ["x-stream": "Bulk"]) == expected)
    }

    @Test("all conditions must hold")
    func all() {
        let match = Route.Match(sender: "@example.com", recipient: "@example.org", user: "web", header: "X-A: 1")
        #expect(matches(match, user: "web", headers: ["x-a": "1"]))
        #expect(!matches(match, sender: "x@example.net", user: "web", headers: ["x-a": "1"]))
        #expect(!matches(match, recipient: "x@example.net", user: "web", headers: ["x-a": "1"]))
        #expect(!matches(match, user: "app", headers: ["x-a": "1"]))
        #expect(!matches(match, user: "web", headers: ["x-a": "2"]))
    }

    @Test("the first match applies, else the default")
    func order() {
        var routes = ["one", "two"].map { Route(name: $0, upstreams: [1]) }
        routes[0].match.recipient = "@example.org"
        routes[1].match.recipient = "@*"
        let table = RouteTable(routes, upstreamCount: 3)
        let subject = RouteTable.Subject(sender: "")
        #expect(table.route(of: subject, recipient: "a@example.org") == 0)
        #expect(table.route(of: subject, recipient: "a@example.net") == 1)
        #expect(table.route(of: subject, recipient: "postmaster") == 2)
        #expect(table.routes[2].name == "default")
        #expect(table.routes[2].upstreams == [0, 1, 2])
        #expect(!table.isTrivial)
    }

    @Test("a user's own route comes first, if it exists")
    func ofUser() {
        var routes = ["one", "two"].map { Route(name: $0, upstreams: [1]) }
        routes[0].match.recipient = "@*"
        routes[1].match.recipient = "@nowhere"
        let table = RouteTable(routes, upstreamCount: 3)
        func route(_ name: String) -> Int {
            table.route(of: .init(sender: "", route: name), recipient: "a@example.org")
        }
        #expect(route("two") == 1)
        #expect(route("default") == 2)
        #expect(route("gone") == 0)
    }

    @Test("a default may be configured last, without conditions")
    func configuredDefault() {
        var route = Route(name: "default", upstreams: [1])
        let subject = RouteTable.Subject(sender: "")
        #expect(RouteTable([route], upstreamCount: 3).isTrivial)
        #expect(RouteTable([route], upstreamCount: 3).route(of: subject, recipient: "x") == 0)
        route.match.user = "web"
        #expect(RouteTable([route], upstreamCount: 3).routes.count == 2)
        #expect(RouteTable([route], upstreamCount: 3).route(of: subject, recipient: "x") == 1)
    }

    @Test("the header fields used by routes are known")
    func headerNames() {
        let routes = ["X-Stream: a", "x-stream: b", "List-Id: *", "nonsense"].map {
            var route = Route(name: $0, upstreams: [])
            route.match.header = $0
            return route
        }
        #expect(RouteTable(routes, upstreamCount: 1).headerNames == ["x-stream", "list-id"])
    }

    // MARK: - Problems

    @Test(
        "patterns that can match are valid",
        arguments: ["a@b", "@b", "@*.b", "*", "a*", "<>", "é@b", "\"a@b\"@c", "Postmaster"])
    func goodPatterns(pattern: String) {
        #expect(Route.Match.problem(inAddress: pattern) == nil)
    }

    @Test(
        "others are errors with advice",
        arguments: [
            ("", "it is empty"),
            ("example.org", "it lacks \"@\"; \"@example.org\" stands for a whole domain"),
            ("@", "the domain is missing; \"@*\" stands for any"), ("a\t@b", "it contains control characters"),
            ("<a@b>", "write addresses without spaces and angle brackets; \"<>\" alone stands for the empty sender"),
            (String(repeating: "a", count: 321), "it has more than 320 octets"),
        ])
    func badPatterns(pattern: String, problem: String) {
        #expect(Route.Match.problem(inAddress: pattern) == problem)
    }

    @Test(
        "a header needs a name and a pattern",
        arguments: [
            ("X-A: b", nil), ("X-A", "it must have the form \"Name: pattern\""),
            ("X A: b", "it must have the form \"Name: pattern\""),
            ("X-A: ", "the pattern is missing; \"x-a: *\" matches any value"), ("", "it is empty"),
        ])
    func headers(text: String, problem: String?) {
        #expect(Route.Match.problem(inHeader: text) == problem)
        #expect(Route.Match.problem(inUser: text.isEmpty ? "" : "u") == (text.isEmpty ? "it is empty" : nil))
    }
}
