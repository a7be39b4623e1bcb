/// Something about a database that an operator should know, and mend.
package struct DatabaseFinding: Hashable, Sendable {
    package enum Severity: Hashable, Sendable {
        /// No relay can use the database like this.
        case error
        /// A relay can, but mail is less safe than its 250 says, or something else is doubtful.
        case warning
    }

    package let severity: Severity
    /// What is wrong.
    package let message: String
    /// What to do, or to type in psql.
    package let remedy: String

    package init(_ severity: Severity, _ message: String, _ remedy: String) {
        (self.severity, self.message, self.remedy) = (severity, message, remedy)
    }

    /// Why there is no connection.
    package init(_ error: PostgresError) {
        let remedy =
            switch error.code {
            case .library: "install libpq (Debian: libpq5)"
            case .settings: "correct [cluster] in relay.conf"
            case .unreachable, .server: "correct database and password_file, or what the server allows (pg_hba.conf)"
            case .timeout, .connection: "look at the server, and at the network on the way"
            }
        self.init(.error, error.message, remedy)
    }
}

extension PostgresFacts {
    /// What is wrong with the database; the worst first.
    package var findings: [DatabaseFinding] {
        guard serverVersion >= Self.oldestVersion else {
            return [
                DatabaseFinding(
                    .error, "it is PostgreSQL \(serverVersion.postgresVersion); a relay needs 14 or later",
                    "upgrade the server")
            ]
        }
        return obstacles + weaknesses + oddities
    }

    private var obstacles: [DatabaseFinding] {
        var findings: [DatabaseFinding] = []
        if isReadOnly || isStandby {
            let cause = isStandby ? "it is a standby" : "default_transaction_read_only is on"
            findings.append(
                .init(.error, "it takes no writes: \(cause)", "name the primary, or all servers, in database"))
        }
        if schema.oldest > PostgresSchema.version {
            findings.append(
                .init(
                    .error,
                    "a newer release has brought its tables to version \(schema.version); this one knows "
                        + "\(PostgresSchema.version)", "use the newer release"))
        }
        if !mayWrite {
            findings.append(
                .init(
                    .error, "the role \(user) may not make or change the relay's tables",
                    "type: GRANT CREATE ON DATABASE \(database.quotedName) TO \(user.quotedName); or, if there is a "
                        + "schema \"posthorse\", ALTER SCHEMA posthorse OWNER TO \(user.quotedName)"))
        }
        return findings
    }

    /// What may cost accepted mail.
    private var weaknesses: [DatabaseFinding] {
        var findings: [DatabaseFinding] = []
        if let risk = synchrony.risk {
            findings.append(.init(.warning, risk, synchrony.remedy(user.quotedName)))
        } else if standbys == 0 {
            findings.append(
                .init(
                    .warning,
                    "a synchronous standby is named and none is connected: commits wait, and no mail is accepted",
                    "start the standby, or look at synchronous_standby_names and pg_stat_replication"))
        }
        if !hasFullPageWrites {
            findings.append(
                .init(
                    .warning, "full_page_writes is off: a crash of its machine may damage the tables",
                    "type: ALTER SYSTEM SET full_page_writes = on; SELECT pg_reload_conf()"))
        }
        return findings
    }

    private var oddities: [DatabaseFinding] {
        var findings: [DatabaseFinding] = []
        if encoding != "UTF8" {
            findings.append(
                .init(
                    .warning, "its encoding is \(encoding): it cannot store every address",
                    "make a new one: CREATE DATABASE NAME ENCODING 'UTF8' TEMPLATE template0"))
        }
        if isolation != Self.usualIsolation {
            findings.append(
                .init(
                    .warning, "default_transaction_isolation is \(isolation): commits may fail where nothing is wrong",
                    "type: ALTER ROLE \(user.quotedName) SET default_transaction_isolation = 'read committed'"))
        }
        return findings
    }
}

extension DatabaseSynchrony {
    /// What to do about its ``risk``.
    fileprivate func remedy(_ role: String) -> String {
        if !fsync { return "type: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()" }
        if synchronousCommit == "off" || synchronousCommit == "local" && !synchronousStandbyNames.isEmpty {
            return "type: ALTER ROLE \(role) SET synchronous_commit = on"
        }
        return "with a standby connected, type: ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'; "
            + "SELECT pg_reload_conf()"
    }
}

extension String {
    /// As an identifier in SQL; with quotation marks only where they are needed.
    fileprivate var quotedName: String {
        let isPlain = utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
        let startsWithDigit = utf8.first.map { (0x30...0x39).contains($0) } ?? true
        return isPlain && !startsWithDigit ? self : "\"" + replacing("\"", with: "\"\"") + "\""
    }
}
