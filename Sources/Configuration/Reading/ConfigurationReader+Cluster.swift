/// Checks of the `[cluster]` table that need no connection.
extension ConfigurationReader {
    mutating func checkCluster(_ cluster: ClusterDraft) {
        let path = ConfigurationPath.root.key("cluster")
        guard let text = cluster.database, let string = try? ConnectionString(text) else {
            guard !failures.contains(path.key("database")) else { return }
            if cluster.passwordFile != nil || cluster.node != nil {
                report(at: path, "the table names no database", "add database, or remove the table")
            }
            return
        }
        checkKeywords(of: string, at: path.key("database"))
        checkSecurity(of: string.completed(by: environment.environment), at: path.key("database"))
        checkPassword(cluster, at: path)
    }

    /// libpq refuses others, but a later one may know more.
    private mutating func checkKeywords(of string: ConnectionString, at path: ConfigurationPath) {
        for name in string.options.keys.sorted() where !ConnectionString.keywords.contains(name) {
            // A value may have got where a keyword belongs.
            guard let likely = Spelling.nearest(to: name, among: ConnectionString.keywords.sorted()) else {
                report(.warning, at: path, "it has a keyword that libpq may not know", "docs/cluster.md has examples")
                continue
            }
            report(.warning, at: path, "libpq may not know its keyword \"\(name)\"", "did you mean \"\(likely)\"?")
        }
    }

    private mutating func checkSecurity(of string: ConnectionString, at path: ConfigurationPath) {
        guard string.isRemote, !string.isVerified else { return }
        let mode = string.options["sslmode"] ?? "prefer"
        let danger =
            switch mode {
            case "disable", "allow", "prefer": "mail can be read and changed on the way to the database"
            case _: "mail goes to whoever answers as the database"
            }
        let cause = string.options["sslmode"] == nil ? "without sslmode, which is then prefer," : "with sslmode=\(mode)"
        report(
            .warning, at: path, "\(cause) \(danger)",
            "write sslmode=verify-full, and sslrootcert=FILE for the authority that signed its certificate")
    }

    private mutating func checkPassword(_ cluster: ClusterDraft, at path: ConfigurationPath) {
        guard cluster.passwordFile == nil, environment.environment["PGPASSWORD"] != nil else { return }
        report(
            .warning, at: path.key("database"),
            "its password comes from PGPASSWORD, which every command that the relay runs can read",
            "write it into a file that password_file names")
    }

    /// It may still appear later.
    mutating func checkFiles(of cluster: ClusterSettings) {
        guard let file = cluster.passwordFile else { return }
        checkSecret(
            file, at: .root.key("cluster").key("password_file"), loss: "no mail is accepted if the database wants one")
    }
}

extension ConnectionString {
    /// Those of libpq 18.
    static let keywords: Set = [
        "application_name", "channel_binding", "client_encoding", "connect_timeout", "dbname",
        "fallback_application_name",
        "gssdelegation", "gssencmode", "gsslib", "host", "hostaddr", "keepalives", "keepalives_count",
        "keepalives_idle",
        "keepalives_interval", "krbsrvname", "load_balance_hosts", "max_protocol_version", "min_protocol_version",
        "oauth_client_id", "oauth_client_secret", "oauth_issuer", "oauth_scope", "options", "passfile", "password",
        "port",
        "replication", "require_auth", "requirepeer", "requiressl", "scram_client_key", "scram_server_key", "service",
        "servicefile", "ssl", "ssl_max_protocol_version", "ssl_min_protocol_version", "sslcert", "sslcertmode",
        "sslcompression", "sslcrl", "sslcrldir", "sslkey", "sslkeylogfile", "sslmode", "sslnegotiation", "sslpassword",
        "sslrootcert", "sslsni", "target_session_attrs", "tcp_user_timeout", "user",
    ]
}
