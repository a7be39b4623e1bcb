import Delivery
import Foundation
import Ingress
import Testing
import Upstreams

@testable import Configuration

@Suite("Route mistakes")
struct RouteTests {
    /// Upstreams `primary`, on line 3, and `second`, on line 6; added text begins on line 8.
    private static let base = minimal + "[[upstream]]\nname = \"second\"\naddress = \"second.test:25\"\n"

    private static func route(_ name: String, _ more: String = "", to upstreams: String = "\"primary\", \"second\"")
        -> String
    {
        "[[route]]\nname = \"\(name)\"\nupstreams = [\(upstreams)]\n" + (more.isEmpty ? "" : more + "\n")
    }

    private static func user(_ name: String, _ more: String = "") -> String {
        "[[user]]\nname = \"\(name)\"\npassword_hash = \"\(exampleHash)\"\n" + (more.isEmpty ? "" : more + "\n")
    }

    private static let mistakes: [(String, String)] = [
        (
            route("a", "sender = \"@a.test\"") + route("a", "sender = \"@b.test\""),
            "13: route.name: \"a\" is already used on line 9; give each route a unique name"
        ),
        (
            route("a") + route("b", "sender = \"@b.test\""),
            "8: route: the route has no conditions, so no mail reaches the routes after it; "
                + "add sender, recipient, user or header, or move it to the end"
        ),
        (
            route("default", "sender = \"@a.test\""),
            "9: route.name: \"default\" is the route for mail that no other route takes; "
                + "move it to the end and remove its conditions, or rename it"
        ),
        (
            route("default") + route("b", "sender = \"@b.test\""),
            "9: route.name: \"default\" is the route for mail that no other route takes; "
                + "move it to the end and remove its conditions, or rename it"
        ),
        (
            route("a", to: "\"primary\", \"secnod\""),
            "10: route.upstreams: there is no upstream \"secnod\"; did you mean \"second\"?"
        ),
        (
            route("a", "last_resort = \"thirty\""),
            "11: route.last_resort: there is no upstream \"thirty\"; known names: primary, second"
        ),
        (
            route("bulk", "sender = \"@b.test\"") + user("app", "route = \"bulky\""),
            "15: user.route: there is no route \"bulky\"; did you mean \"bulk\"?"
        ),
    ]

    private static let doubts: [(String, String)] = [
        (
            route("a", "sender = \"@a.test\"") + route("b", "recipient = \"@b.test\"\nsender = \"x@A.test\""),
            "12: warning: route: an earlier route on line 8 takes all of its mail; "
                + "move this route before it, or change its conditions"
        ),
        (
            route("a", "last_resort = \"second\""),
            "11: warning: route.last_resort: \"second\" is already in upstreams; remove it from one of them"
        ),
        (
            route("a", to: "\"primary\""),
            "6: warning: upstream.name: \"second\" gets no mail: no route names it; "
                + "add it to the upstreams of a [[route]]"
        ),
        (
            route("a") + user("app", "route = \"a\""),
            "8: warning: route: the route has no conditions: it takes more mail than that of the users who name it; "
                + "add a condition, such as user, or name it \"default\" if intended"
        ),
        (
            route("a", "user = \"apq\"") + user("app"),
            "11: warning: route.user: there is no user \"apq\"; did you mean \"app\"?"
        ),
        (
            route("a", "user = \"*\""),
            "11: warning: route.user: there is no user \"*\"; add a [[user]] with this name"
        ),
        (
            route("other", "sender = \"@a.test\""),
            "9: warning: route.name: mail of \"other\" is counted with that of all streams that are not kept apart; "
                + "give it a stream"
        ),
        (
            user("other/a") + user("other", "stream = \"shop\""),
            "9: warning: user.name: mail of \"other/a\" is counted with that of all streams that are not kept apart; "
                + "give it a stream"
        ),
        (
            "[[stream]]\nname = \"other\"\nmax_rate = \"1/s\"\n",
            "9: warning: stream.name: no mail can name the stream \"other\"; write the names of streams, or a pattern"
        ),
        (
            "[[upstream.rule]]\nmatch = \"a\"\nscope = \"message\"\naction = \"fail\"\n"
                + "[[upstream.rule]]\nmatch = \"a\"\nscope = \"message\"\naction = \"retry\"\n",
            "13: warning: upstream.rule.match: \"a\" is already used on line 9; "
                + "remove it; the first match decides"
        ),
    ]

    private static let soundRoutes: [String] = [
        route("default"), route("all"), route("a", "sender = \"<>\"", to: "\"second\"") + route("default"),
        route("a", "sender = \"@a.test\"", to: "\"second\""),
        route("a", "sender = \"@a.test\"") + route("b", "sender = \"@*.a.test\""),
        route("a", "sender = \"@*.a.test\"") + route("b", "sender = \"@a.test\""),
        route("a", "sender = \"x@a.test\"") + route("b", "sender = \"@a.test\""),
        route("a", "sender = \"@a.test\"") + route("b", "recipient = \"@a.test\""),
        route("a", "header = \"X-A: b\"") + route("b", "header = \"X-B: b\"") + route("c", "header = \"X-A: *\""),
        route("a", "user = \"b*\"") + user("bulk", "route = \"a\"") + user("app", "route = \"default\""),
        route("only", "last_resort = \"second\"", to: "\"primary\""),
        route("a") + user("app", "route = \"default\""),
    ]

    @Test(
        "are errors if mail would be misrouted",
        arguments: mistakes)
    func errors(_ addition: String, _ problem: String) {
        #expect(problems(Self.base + addition) == ["relay.conf:" + problem])
    }

    @Test(
        "are warnings if the relay can run",
        arguments: doubts)
    func warnings(_ addition: String, _ problem: String) throws {
        #expect(problems(Self.base + addition) == ["relay.conf:" + problem])
        _ = try configuration(Self.base + addition)
    }

    @Test(
        "valid routes are accepted silently",
        arguments: soundRoutes)
    func right(_ addition: String) {
        #expect(problems(Self.base + addition) == [])
    }

    @Test(
        "one route covers another",
        arguments: [
            ("@a.test", "@a.test", true), ("@A.test", "x@a.test", true), ("@a.test", "@b.a.test", false),
            ("@*.a.test", "@b.a.test", true), ("@*.a.test", "@*.b.a.test", true), ("@b.a.test", "@*.a.test", false),
            ("*", "@a.test", true), ("*", "<>", true), ("<>", "<>", true), ("<>", "*", false), ("*@*", "<>", false),
            ("*@*", "@a.test", true), ("x*", "x@a.test", true), ("x*", "*", false), ("a*b*@c.test", "a*@c.test", false),
            ("a*@c.test", "a*b*@c.test", true), ("@*", "x*", false),
        ])
    func coverage(first: String, second: String, expected: Bool) {
        let match = { Route.Match(sender: $0) }
        #expect(RouteCoverage.covers(match(first), match(second)) == expected)
        #expect(RouteCoverage.covers(match(first), Route.Match(sender: second, user: "x")) == expected)
        #expect(!RouteCoverage.covers(Route.Match(sender: first, user: "x"), match(second)))
        #expect(RouteCoverage.covers(Route.Match(), match(second)))
    }

    @Test("an unreadable condition causes no further problems")
    func noFollowUps() {
        let text =
            Self.base + Self.route("a", "sender = 5") + Self.route("b", "sender = \"@b.test\"", to: "\"primary\"")
            + Self.route("c x", to: "\"primary\"") + Self.user("app", "route = \"c\"")
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:11: route.sender: 5 is not a string", "relay.conf:17: route.name: \"c x\" is not a name",
            ])
    }

    @Test("header fields have a limit")
    func tooMany() {
        let routes = (0...256).map { Self.route("r\($0)", "sender = \"@r\($0).test\"") }
        #expect(problems(Self.base + routes.dropLast().joined()) == [])
        #expect(
            problems(Self.base + routes.joined()) == ["relay.conf:1032: route: has 257 entries; keep at most 256"])
        let fields = (0...32).map { Self.route("r\($0)", "header = \"X-\($0): a\"") }
        #expect(problems(Self.base + fields.dropLast().joined()) == [])
        #expect(
            problems(Self.base + fields.joined()) == [
                "relay.conf:139: route.header: routes use more than 32 distinct header fields; "
                    + "use fewer fields"
            ])
        let rules = (0...100).map {
            "[[upstream.rule]]\nmatch = \"a\($0)\"\nscope = \"sender\"\naction = \"retry\"\n"
        }
        #expect(problems(minimal + rules.dropLast().joined()) == [])
        #expect(
            problems(minimal + rules.joined()) == [
                "relay.conf:405: upstream.rule: has 101 entries; keep at most 100"
            ])
    }

    @Test("a rule that bounces mail for a fault of the upstream is refused")
    func bouncingRule() {
        let rule = "[[upstream.rule]]\nmatch = \"a\"\nscope = \"account\"\naction = \"fail\"\n"
        #expect(
            problems(minimal + rule) == [
                "relay.conf:8: upstream.rule.action: a fault of scope \"account\" is not the message's: "
                    + "action \"fail\" would bounce it; write action = \"failover\", or scope = \"message\""
            ])
    }

    @Test("ingress keeps the fields that routes and the configured providers look at")
    func capturedHeaders() throws {
        let routes = Self.route("a", "header = \"X-Tag: b\"") + Self.route("c", "header = \"x-tag: d\"")
        #expect(try configuration(Self.base).ingress.capturedHeaders == [])
        #expect(try configuration(Self.base + routes).ingress.capturedHeaders == ["x-tag"])
        let known = Self.base.replacing("second.test", with: "smtp.resend.com")
        let captured = try configuration(known + routes).ingress.capturedHeaders
        #expect(Set(captured) == Set(["x-tag"] + Provider.identityFieldNames))
        #expect(captured == captured.sorted())
        let off = known + "provider = \"none\"\n"
        #expect(try configuration(off).ingress.capturedHeaders == [])
    }
}
