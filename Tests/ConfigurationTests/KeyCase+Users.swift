import Foundation
import Ingress
import Mail
import SASL
import Suppression

@testable import Configuration

let exampleHash = ConfigurationDraft.exampleHash.text

extension KeyCase {
    /// A users file in the system's temporary directory.
    static func usersFile(users: [String]) -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("posthorse-\(UUID().uuidString).toml")
            .path
        let tables = users.map { "[[user]]\nname = \"\($0)\"\npassword_hash = \"\(exampleHash)\"\n" }
        _ = FileManager.default.createFile(atPath: path, contents: Data(("# users\n" + tables.joined()).utf8))
        return path
    }

    private static let emptyFile: String = {
        atexit { unlink(KeyCase.emptyFile) }
        return usersFile(users: [])
    }()

    private static func user(_ configuration: RelayConfiguration) -> UserSettings {
        configuration.ingress.users.first ?? ConfigurationDraft.user
    }

    private static let hashRemedy = "run \"posthorse hash-password\" and copy its output here"
    private static let noUnit = "30 has no unit; write \"30s\" for seconds or \"30ms\" for milliseconds"

    private static let senderRemedy =
        "write for example \"ann@example.com\", \"@example.com\" or \"@*.example.com\""

    private static func shown(_ senders: AllowedSenders?) -> String {
        senders?.patterns.map(\.text).joined(separator: " ") ?? "anybody"
    }

    static let users: [KeyCase] = [
        KeyCase(
            "users_file", default: "none", good: ("\"\(emptyFile)\"", emptyFile),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/users.toml\"")]
        ) { $0.usersFile ?? "none" },
        KeyCase(
            "user.name", default: "required", good: ("\"grün, dev\"", "grün, dev"),
            wrongType: (
                "1", "1 is not a user name; write 1 to 255 octets of text without control characters"
            ),
            outOfBounds: [
                ("\"\"", "\"\" is not a user name; write 1 to 255 octets of text without control characters"),
                (
                    "\"a\\tb\"",
                    "\"a\\tb\" is not a user name; write 1 to 255 octets of text without control characters"
                ),
            ]
        ) { user($0).name },
        KeyCase(
            "user.password_hash", default: "required", good: ("\"\(exampleHash)\"", exampleHash),
            wrongType: ("1", "the value is not a string; \(hashRemedy)"),
            outOfBounds: [
                (
                    "\"secret\"",
                    "the value is not a password hash: it does not begin with \"$scrypt$\"; \(hashRemedy)"
                ),
                (
                    "\"\(exampleHash.replacing("ln=14", with: "ln=18").replacing("r=8", with: "r=9"))\"",
                    "the value is not a password hash: ln and r ask for 288 MiB, it may be 256; \(hashRemedy)"
                ),
            ]
        ) { user($0).passwordHash.text },
        KeyCase(
            "user.priority", default: "none", good: ("\"bulk\"", "bulk"),
            wrongType: ("1", "1 is not a valid value; write \"high\", \"normal\" or \"bulk\""),
            outOfBounds: [
                ("\"urgent\"", "\"urgent\" is not a valid value; write \"high\", \"normal\" or \"bulk\"")
            ]
        ) { user($0).priority?.name ?? "none" },
        KeyCase(
            "user.max_rate", default: "none", good: ("\"600/m\"", "600/m"),
            wrongType: ("true", "true is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
            outOfBounds: [
                ("\"10/y\"", "\"10/y\" is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
                ("\"-1/s\"", "\"-1/s\" is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
                ("\"/s\"", "\"/s\" is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
                ("\"0/h\"", "\"0/h\" is not a rate; write for example \"100/s\", \"600/m\" or \"10000/h\""),
                ("-5", "-5 is too small; write 1 to 1000000"), ("1000001", "1000001 is too large; write 1 to 1000000"),
            ]
        ) { user($0).maxRate.map { RateText.format($0) { String($0) } } ?? "none" },
        KeyCase(
            "user.route", default: "none", good: ("\"default\"", "default"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a name; write 1 to 64 letters, digits, dots, hyphens and underscores"),
                ("\"bulk\"", "there is no route \"bulk\"; add a [[route]] with this name, or remove it"),
                ("\"defualt\"", "there is no route \"defualt\"; did you mean \"default\"?"),
            ]
        ) { user($0).route ?? "none" },
        KeyCase(
            "user.senders", default: "anybody",
            good: (
                "[\"Ann@example.com\", \"*@example.com\", \"@*.Exämple.com\"]",
                "ann@example.com @example.com @*.xn--exmple-cua.com"
            ),
            wrongType: (
                "\"@example.com\"",
                "\"@example.com\" is not a list of addresses; write for example [\"@example.com\"]"
            ),
            outOfBounds: [
                ("[]", "a list is empty; write at least one, or leave the key out"),
                (
                    "[\"example.com\"]",
                    "\"example.com\" is no address, and no domain behind an \"@\"; \(senderRemedy)"
                ),
                ("[\"@*\"]", "\"@*\" is no address, and no domain behind an \"@\"; \(senderRemedy)"),
                ("[1]", "1 is no address, and no domain behind an \"@\"; \(senderRemedy)"),
                ("[\"@x.test\", \"*@X.test\"]", "\"*@X.test\" is there already; remove one of the two"),
            ]
        ) { shown(user($0).senders) },
        KeyCase(
            "user.guard", default: "off", good: ("\"hold\"", "hold"),
            wrongType: ("true", "true is not a valid value; write \"off\", \"slow\" or \"hold\""),
            outOfBounds: [("\"on\"", "\"on\" is not a valid value; write \"off\", \"slow\" or \"hold\"")]
        ) { user($0).guardMode.rawValue },
        KeyCase(
            "listener.senders", default: "anybody",
            good: (
                "[\"Ann@example.com\", \"*@example.com\", \"@*.Exämple.com\"]",
                "ann@example.com @example.com @*.xn--exmple-cua.com"
            ),
            wrongType: (
                "\"@example.com\"",
                "\"@example.com\" is not a list of addresses; write for example [\"@example.com\"]"
            ),
            outOfBounds: [
                ("[]", "a list is empty; write at least one, or leave the key out"),
                (
                    "[\"example.com\"]",
                    "\"example.com\" is no address, and no domain behind an \"@\"; \(senderRemedy)"
                ),
                ("[\"@*\"]", "\"@*\" is no address, and no domain behind an \"@\"; \(senderRemedy)"),
                ("[1]", "1 is no address, and no domain behind an \"@\"; \(senderRemedy)"),
                ("[\"@x.test\", \"*@X.test\"]", "\"*@X.test\" is there already; remove one of the two"),
            ]
        ) { shown($0.ingress.listeners[0].senders) },
        KeyCase(
            "auth.max_failures", default: "10", good: ("3", "3"),
            wrongType: ("\"3\"", "\"3\" is not a whole number; write a whole number from 1 to 100000"),
            outOfBounds: [
                ("0", "0 is too small; write a whole number from 1 to 100000"),
                ("100001", "100001 is too large; write a whole number from 1 to 100000"),
            ]
        ) { String($0.ingress.login.maxFailures) },
        KeyCase(
            "auth.failure_window", default: "10m", good: ("\"1h\"", "1h"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 7d"),
                ("\"8d\"", "\"8d\" is too long; write 1s to 7d"),
            ]
        ) { DurationText.format($0.ingress.login.failureWindow) },
        KeyCase(
            "auth.lockout", default: "15m", good: ("\"1h\"", "1h"), wrongType: ("30", noUnit),
            outOfBounds: [
                ("\"999ms\"", "\"999ms\" is too short; write 1s to 7d"),
                ("\"8d\"", "\"8d\" is too long; write 1s to 7d"),
            ]
        ) { DurationText.format($0.ingress.login.lockout) },
        KeyCase(
            "auth.failure_delay", default: "1s", good: ("\"0s\"", "0s"), wrongType: ("30", noUnit),
            outOfBounds: [("\"31s\"", "\"31s\" is too long; write 0s to 30s")]
        ) { DurationText.format($0.ingress.login.failureDelay) },
    ]
}
