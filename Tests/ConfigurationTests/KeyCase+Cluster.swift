@testable import Configuration

extension KeyCase {
    private static let database = "database = \"dbname=mail\""

    static let cluster: [KeyCase] = [
        KeyCase(
            "cluster.database", default: "nil", good: ("\"host=/run/db dbname=mail\"", "host=/run/db dbname=mail"),
            wrongType: (
                "5",
                "5 is not a connection string; write keywords and values in quotes: \"host=db1 dbname=posthorse\""
            ),
            outOfBounds: [
                (
                    "\"dbname\"",
                    "\"dbname\" is not understood: \"dbname\" is not followed by \"=\" and a value; see docs/cluster.md for "
                        + "examples"
                )
            ]
        ) { $0.cluster?.database ?? "nil" },
        KeyCase(
            "cluster.password_file", default: "nil", good: ("\"/etc/p\"", "/etc/p"),
            wrongType: ("5", "5 is not a string; write it in quotes, such as \"…\""),
            outOfBounds: [
                ("\"\"", "\"\" is not a path; write for example \"/etc/posthorse/database.password\"")
            ],
            with: [database]
        ) { $0.cluster?.passwordFile ?? "nil" },
        KeyCase(
            "cluster.node", default: "nil", good: ("\"relay1\"", "relay1"),
            wrongType: ("5", "5 is not a name; write 1 to 63 letters, digits, \".\", \"-\" and \"_\" in quotes"),
            outOfBounds: [
                (
                    "\"a b\"",
                    "\"a b\" is not a name; write 1 to 63 letters, digits, \".\", \"-\" and \"_\" in quotes"
                )
            ], with: [database]
        ) { $0.cluster?.node ?? "nil" },
    ]
}
