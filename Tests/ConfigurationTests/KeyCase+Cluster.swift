@testable import Configuration

extension KeyCase {
    private static let connectionRemedy = "write for example \"host=db1 dbname=posthorse user=posthorse\""
    private static let nameRemedy = "write 1 to 63 letters, digits, \".\", \"-\" and \"_\" in quotes"

    static let cluster: [KeyCase] = [
        KeyCase(
            "cluster.database", default: "none",
            good: ("\"host=/run/postgresql dbname=posthorse\"", "host=/run/postgresql dbname=posthorse"),
            wrongType: ("1", "1 is not a connection string; \(connectionRemedy)"),
            outOfBounds: [
                ("\"\"", "\"\" is not a connection string; \(connectionRemedy)"),
                (
                    "\"postgresql://u:p@db1/posthorse\"",
                    "the value has a password in it; take it out, and write it into a file that password_file names"
                ),
                (
                    "\"posthorse\"",
                    "the value is not a connection string: its first word is no keyword with \"=\" and a value; "
                        + "docs/cluster.md has examples"
                ),
            ]
        ) { $0.cluster?.database ?? "none" },
        KeyCase(
            "cluster.password_file", default: "none", good: ("\"/etc/hostname\"", "/etc/hostname"),
            wrongType: ("1", "1 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/database.password\"")]
        ) { $0.cluster?.passwordFile ?? "none" },
        KeyCase(
            "cluster.node", default: "relay.test", good: ("\"relay-1\"", "relay-1"),
            wrongType: ("1", "1 is not a name; \(nameRemedy)"),
            outOfBounds: [
                ("\"relay 1\"", "\"relay 1\" is not a name; \(nameRemedy)"),
                ("\"\"", "\"\" is not a name; \(nameRemedy)"),
            ]
        ) { $0.cluster?.node ?? "none" },
    ]
}
