import Delivery
import Mail
import Upstreams

@testable import Configuration

extension KeyCase {
    private static func route(_ configuration: RelayConfiguration) -> RouteSettings {
        configuration.delivery.routes.first ?? Schema.route.prototype
    }

    private static let noName = "\"a b\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"
    private static let noString = "1 is not a string; write it in quotes, such as \"…\""
    private static let addressRemedy =
        "write an address, \"@example.com\" for a domain, or \"@*.example.com\" for its subdomains"
    private static let headerRemedy =
        "write for example \"X-Mail-Class: bulk\", or \"X-Mail-Class: *\" for any value"
    private static let userRemedy = "write the name of a [[user]], or \"*\" for any authenticated user"

    static let routes: [KeyCase] = [
        KeyCase(
            "route.name", default: "required", good: ("\"bulk\"", "bulk"), wrongType: ("1", noString),
            outOfBounds: [("\"a b\"", noName)]
        ) { route($0).name },
        KeyCase(
            "route.sender", default: "any", good: ("\"@*.example.com\"", "@*.example.com"), wrongType: ("1", noString),
            outOfBounds: [
                (
                    "\"example.com\"",
                    "\"example.com\" is invalid: it lacks \"@\"; \"@example.com\" stands for a whole domain; "
                        + addressRemedy
                ),
                ("\"\"", "\"\" is invalid: it is empty; \(addressRemedy)"),
            ]
        ) { route($0).match.sender ?? "any" },
        KeyCase(
            "route.recipient", default: "any", good: ("\"b*@example.com\"", "b*@example.com"),
            wrongType: ("1", noString),
            outOfBounds: [
                ("\"@\"", "\"@\" is invalid: the domain is missing; \"@*\" stands for any; \(addressRemedy)")
            ]
        ) { route($0).match.recipient ?? "any" },
        KeyCase(
            "route.user", default: "any", good: ("\"app-*\"", "app-*"), wrongType: ("1", noString),
            outOfBounds: [
                ("\"\"", "\"\" is invalid: it is empty; \(userRemedy)"),
                ("\"a\\tb\"", "\"a\\tb\" is invalid: it contains control characters; \(userRemedy)"),
            ],
            with: ["[[user]]", "name = \"app-1\"", "password_hash = \"\(exampleHash)\""]
        ) { route($0).match.user ?? "any" },
        KeyCase(
            "route.header", default: "any", good: ("\"X-Class: bulk*\"", "X-Class: bulk*"), wrongType: ("1", noString),
            outOfBounds: [
                (
                    "\"X-Class\"",
                    "\"X-Class\" is invalid: it must have the form \"Name: pattern\"; \(headerRemedy)"
                ),
                (
                    "\"X-Class:\"",
                    "\"X-Class:\" is invalid: the pattern is missing; \"x-class: *\" matches any value; \(headerRemedy)"
                ),
                (
                    "\"X Class: a\"",
                    "\"X Class: a\" is invalid: it must have the form \"Name: pattern\"; \(headerRemedy)"
                ),
            ]
        ) { route($0).match.header ?? "any" },
        KeyCase(
            "route.upstreams", default: "required", good: ("[\"primary\"]", "primary"),
            wrongType: (
                "\"primary\"",
                "\"primary\" is not a list of names; write for example [\"primary\", \"fallback\"]"
            ),
            outOfBounds: [
                ("[]", "a list is empty; write at least one name"), ("[\"a b\"]", noName),
                ("[\"primary\", \"primary\"]", "\"primary\" is a duplicate; remove one"),
                ("[\"primray\"]", "there is no upstream \"primray\"; did you mean \"primary\"?"),
                ("[\"other\"]", "there is no upstream \"other\"; known names: primary"),
            ]
        ) { route($0).upstreams.joined(separator: " ") },
        KeyCase(
            "route.mode", default: "priority", good: ("\"least_connections\"", "least_connections"),
            wrongType: (
                "1", "1 is not a valid value; write \"priority\", \"weighted\" or \"least_connections\""
            ),
            outOfBounds: [
                (
                    "\"random\"",
                    "\"random\" is not a valid value; write \"priority\", \"weighted\" or \"least_connections\""
                )
            ]
        ) { route($0).mode.rawValue },
        KeyCase(
            "route.failover_on_reject", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { String(route($0).failoverOnReject) },
        KeyCase(
            "route.second_opinion", default: "true", good: ("false", "false"),
            wrongType: ("\"no\"", "\"no\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { String(route($0).secondOpinion) },
        KeyCase(
            "route.overflow", default: "rate", good: ("\"busy\"", "busy"),
            wrongType: ("1", "1 is not a valid value; write \"wait\", \"rate\" or \"busy\""),
            outOfBounds: [("\"never\"", "\"never\" is not a valid value; write \"wait\", \"rate\" or \"busy\"")]
        ) { route($0).overflow.rawValue },
        KeyCase(
            "route.last_resort", default: "none", good: ("\"spare\"", "spare"), wrongType: ("1", noString),
            outOfBounds: [
                ("\"a b\"", noName), ("\"other\"", "there is no upstream \"other\"; known names: primary"),
            ],
            with: ["[[upstream]]", "name = \"spare\"", "address = \"spare.test:25\""]
        ) { route($0).lastResort ?? "none" },
        KeyCase(
            "route.in_doubt", default: "none", good: ("\"hold\"", "hold"),
            wrongType: ("1", "1 is not a valid value; write \"retry_same\", \"failover\" or \"hold\""),
            outOfBounds: [
                ("\"maybe\"", "\"maybe\" is not a valid value; write \"retry_same\", \"failover\" or \"hold\"")
            ]
        ) { route($0).inDoubt?.rawValue ?? "none" },
        KeyCase(
            "route.in_doubt_hold", default: "none", good: ("\"0s\"", "0s"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [("\"31d\"", "\"31d\" is too long; write 0s to 30d")]
        ) { route($0).inDoubtHold.map(DurationText.format) ?? "none" },
        KeyCase(
            "route.suppression", default: "true", good: ("false", "false"),
            wrongType: ("\"no\"", "\"no\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { String(route($0).suppression) },
        KeyCase(
            "route.priority", default: "none", good: ("\"bulk\"", "bulk"),
            wrongType: ("1", "1 is not a valid value; write \"high\", \"normal\" or \"bulk\""),
            outOfBounds: [
                ("\"urgent\"", "\"urgent\" is not a valid value; write \"high\", \"normal\" or \"bulk\"")
            ]
        ) { $0.delivery.routes.first?.priority?.name ?? "none" },
        KeyCase(
            "route.headers", default: "", good: ("[\"X-Tag: a\"]", "X-Tag: a"),
            wrongType: ("1", "1 is not a list of fields; write for example [\"X-PM-Message-Stream: broadcast\"]"),
            outOfBounds: fieldProblems
        ) { $0.delivery.routes.first?.headers.map(\.text).joined(separator: "|") ?? "" },
    ]
}
