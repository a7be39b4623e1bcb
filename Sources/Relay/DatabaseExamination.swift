package import Configuration
internal import Postgres

/// What a look at the database of `[cluster]` has found.
package struct DatabaseExamination: Hashable, Sendable {
    /// Where and what it is; nil without a connection.
    package let summary: String?
    /// With an error no relay can use it.
    package let problems: [ConfigurationProblem]

    package var isUsable: Bool { !problems.hasErrors }
}

extension Relay {
    /// Connects to the database that a relay.conf names, and asks what a relay should know of it. Changes nothing there.
    ///
    /// Blocks the calling thread, for each host of the list as long as a relay would wait for it.
    ///
    /// - Parameter file: the relay.conf.
    /// - Returns: nil if there is no database in it.
    package static func examineDatabase(
        _ configuration: RelayConfiguration, from file: String
    ) -> DatabaseExamination? {
        guard var settings = configuration.databaseSettings else { return nil }
        settings.applicationName = "posthorse check"
        let (summary, findings) = examine(settings)
        let problems = findings.map { finding in
            ConfigurationProblem(
                finding.severity == .error ? .error : .warning, file: file, line: configuration.lineOfDatabase,
                key: "cluster.database", message: finding.message, remedy: finding.remedy)
        }
        return DatabaseExamination(summary: summary, problems: problems)
    }

    private static func examine(_ settings: PostgresSettings) -> (summary: String?, findings: [DatabaseFinding]) {
        do throws(PostgresError) {
            let connection = try PostgresConnector.connect(settings)
            let facts = try PostgresFacts(connection)
            return ("\(connection.place): \(facts.summary)", facts.findings)
        } catch {
            return (nil, [DatabaseFinding(error)])
        }
    }
}
