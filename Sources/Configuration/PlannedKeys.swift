/// Names that the design reserves and that this version does not honour.
enum PlannedKeys {
    static let bySection: [String: Set<String>] = [
        "": ["route", "health", "recovery"],
        "spool": ["retention"],
        "listener": ["certificate", "private_key"],
        "upstream": [
            "tls_verify", "ca_file", "username", "password_file", "password_credential", "max_rate", "weight", "rule",
        ],
        "user": ["route"],
        "circuit": ["failure_rate", "min_requests", "window", "latency_threshold"],
        "retry": ["warn_after"],
        "admin": ["http", "token_file"],
    ]

    static func contains(_ name: String, in section: String) -> Bool {
        bySection[section]?.contains(name) ?? false
    }
}
