import Delivery
import Mail
import Upstreams

@testable import Configuration

extension KeyCase {
    private static func pace(_ configuration: RelayConfiguration) -> PaceSettings {
        configuration.delivery.paces.first ?? ConfigurationDraft.pace
    }

    private static let remedy = "write for example \"example.com\", \"*.example.com\" or \"family:google\""

    static let paces: [KeyCase] = [
        KeyCase(
            "pace.domain", default: "required",
            good: ("[\"Example.com\", \"*.example.com\", \"Family:Yahoo\"]", "example.com,*.example.com,family:yahoo"),
            wrongType: ("1", "1 is not a domain; \(remedy)"),
            outOfBounds: [
                ("[]", "a list is empty; write at least one domain"),
                ("\"google\"", "\"google\" is no domain; write \"family:google\" for the domains of this provider"),
                (
                    "\"family:aol\"",
                    "\"family:aol\" is no family; there are \"family:google\", \"family:microsoft\", \"family:yahoo\""
                ),
                ("\"a@example.com\"", "\"a@example.com\" is no domain in ASCII, pattern or family; \(remedy)"),
                ("\"localhost\"", "\"localhost\" is no domain in ASCII, pattern or family; \(remedy)"),
                ("[\"a.test\", \"A.test\"]", "\"A.test\" is there already; remove one of the two"),
            ]
        ) { pace($0).name },
        KeyCase(
            "pace.max_rate", default: "none", good: ("\"1200/h\"", "1200/h"),
            wrongType: ("true", "true is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
            outOfBounds: [("0", "0 is too small; write 1 to 1000000")]
        ) { pace($0).maxRate.map { RateText.format($0) { String($0) } } ?? "none" },
        KeyCase(
            "pace.max_connections", default: "none", good: ("3", "3"),
            wrongType: ("\"auto\"", "\"auto\" is not a whole number; write a whole number from 1 to 1000"),
            outOfBounds: [("0", "0 is too small; write a whole number from 1 to 1000")]
        ) { pace($0).maxConnections.map { "\($0)" } ?? "none" },
        KeyCase(
            "pace.adaptive", default: "true", good: ("false", "false"),
            wrongType: ("\"no\"", "\"no\" is not a boolean; write true or false"),
            outOfBounds: [("0", "0 is not a boolean; write true or false")]
        ) { "\(pace($0).isAdaptive)" },
    ]
}
