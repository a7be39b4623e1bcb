import Delivery
import Ingress
import Mail
import Webhooks

@testable import Configuration

extension KeyCase {
    private static func stream(_ configuration: RelayConfiguration) -> StreamSettings {
        configuration.delivery.streams.first ?? StreamSettings(name: "")
    }

    private static let nameRemedy = "write a name, or a pattern such as \"newsletter-*\""
    private static let noName =
        "is not the name of a stream; write 1 to 128 octets without control characters, but not \"other\""
    private static let noString = "1 is not a string; write it in quotes, such as \"…\""

    static let streams: [KeyCase] = [
        KeyCase(
            "user.stream", default: "none", good: ("\"shop: orders\"", "shop: orders"), wrongType: ("1", noString),
            outOfBounds: [("\"\"", "\"\" \(noName)"), ("\"a\\tb\"", "\"a\\tb\" \(noName)")]
        ) { $0.ingress.users.first?.stream ?? "none" },
        KeyCase(
            "route.stream", default: "none", good: ("\"news\"", "news"), wrongType: ("1", noString),
            outOfBounds: [("\" a\"", "\" a\" \(noName)"), ("\"other\"", "\"other\" \(noName)")]
        ) { $0.delivery.routes.first?.stream ?? "none" },
        KeyCase(
            "upstream.canary", default: "", good: ("[10, 50]", "10 50"),
            wrongType: ("10", "10 is not a list of numbers; write for example [10, 25, 50]"),
            outOfBounds: [("[0]", "0 is too small; write a whole number from 1 to 100")]
        ) { $0.delivery.upstreams[0].canary.map(String.init).joined(separator: " ") },
        KeyCase(
            "webhook.streams", default: "", good: ("[\"news-*\", \"shop\"]", "news-* shop"),
            wrongType: (
                "\"shop\"", "\"shop\" is not a list of names; write for example [\"newsletter-*\", \"shop\"]"
            ),
            outOfBounds: [
                ("[\"\"]", "\"\" is not the name of a stream; \(nameRemedy)"),
                ("[\"a\", \"a\"]", "\"a\" is a duplicate; remove one"),
            ]
        ) { $0.webhooks.first?.streams.joined(separator: " ") ?? "" },
        KeyCase(
            "stream.name", default: "required", good: ("\"news-*\"", "news-*"), wrongType: ("1", noString),
            outOfBounds: [("\"\"", "\"\" is not the name of a stream; \(nameRemedy)")]
        ) { stream($0).name },
        KeyCase(
            "stream.pause_at_bounce_rate", default: "0.0", good: ("0.05", "0.05"),
            wrongType: ("\"5%\"", "\"5%\" is not a number; write a number from 0 to 1"),
            outOfBounds: [("1.5", "1.5 is too large; write a number from 0 to 1")]
        ) { "\(stream($0).pauseAtBounceRate)" },
        KeyCase(
            "stream.min_messages", default: "100", good: ("20", "20"),
            wrongType: ("\"5\"", "\"5\" is not a whole number; write a whole number from 1 to 1000000"),
            outOfBounds: [("0", "0 is too small; write a whole number from 1 to 1000000")]
        ) { "\(stream($0).minMessages)" },
        KeyCase(
            "stream.canary", default: "", good: ("[10, 25, 50, 100]", "10 25 50 100"),
            wrongType: ("true", "true is not a list of numbers; write for example [10, 25, 50]"),
            outOfBounds: [
                ("[10, 10]", "10 is not greater than the previous step; write for example [10, 25, 50]")
            ]
        ) { stream($0).canary.map(String.init).joined(separator: " ") },
        KeyCase(
            "stream.max_rate", default: "none", good: ("\"600/m\"", "600/m"),
            wrongType: ("true", "true is not a rate; write for example \"600/m\", or 0 for no limit"),
            outOfBounds: [
                ("\"10/y\"", "\"10/y\" is not a rate; write for example \"600/m\", or 0 for no limit"),
                ("\"1/31d\"", "\"1/31d\" has too long a period; write at most 30d"),
            ]
        ) { stream($0).maxRate.map { RateText.format($0) { String($0) } } ?? "none" },
    ]
}
