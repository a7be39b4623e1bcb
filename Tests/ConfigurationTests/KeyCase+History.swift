import History

@testable import Configuration

extension KeyCase {
    static let history: [KeyCase] = [
        KeyCase(
            "history.keep", default: "30d", good: ("\"90d\"", "90d"),
            wrongType: ("30", "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"),
            outOfBounds: [("\"1s\"", "\"1s\" is too short; write 0s, or 1m to 3650d")]
        ) { DurationText.format($0.history.keep) },
        KeyCase(
            "history.max_bytes", default: "2147483648", good: ("\"10GiB\"", "10737418240"),
            wrongType: (
                "true", "true is not a size; write for example \"50MiB\" (1024-based) or \"50MB\" (1000-based)"
            ),
            outOfBounds: [("\"1KiB\"", "\"1KiB\" is too small; write a size of 1MiB or more")]
        ) { "\($0.history.maxOctets)" },
        KeyCase(
            "history.content", default: "false", good: ("true", "true"),
            wrongType: ("\"yes\"", "\"yes\" is not a boolean; write true or false"),
            outOfBounds: [("1", "1 is not a boolean; write true or false")]
        ) { "\($0.history.content)" },
        KeyCase(
            "history.addresses", default: "full", good: ("\"hashed\"", "hashed"),
            wrongType: ("1", "1 is not a valid value; write \"full\" or \"hashed\""),
            outOfBounds: [("\"none\"", "\"none\" is not a valid value; write \"full\" or \"hashed\"")]
        ) { $0.history.addresses.rawValue },
    ]
}
