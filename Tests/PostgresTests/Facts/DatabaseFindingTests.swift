import Testing

@testable import Postgres

@Suite("What is wrong with a database")
struct DatabaseFindingTests {
    private func findings(_ change: (inout PostgresFacts) -> Void) -> [DatabaseFinding] {
        var facts = PostgresFacts()
        change(&facts)
        return facts.findings
    }

    private func synchrony(
        _ commit: String = "on", names: String = "ANY 1 (*)", fsync: Bool = true
    ) -> DatabaseSynchrony {
        DatabaseSynchrony(synchronousCommit: commit, synchronousStandbyNames: names, fsync: fsync)
    }

    @Test("nothing, where commits wait for a standby", arguments: ["on", "remote_apply", "remote_write"])
    func nothing(commit: String) {
        #expect(findings { $0.synchrony = synchrony(commit) } == [])
        #expect(findings { $0.standbys = 2 } == [])
    }

    @Test("what no relay can use")
    func errors() {
        let old = findings {
            $0.serverVersion = 90_624
            $0.mayWrite = false
        }
        #expect(old.map(\.message) == ["it is PostgreSQL 9.6; a relay needs 14 or later"])
        let others = findings {
            ($0.isReadOnly, $0.isStandby, $0.mayWrite, $0.user) = (true, true, false, "Mail \"1\"")
            $0.schema = PostgresSchema.State(version: 9, oldest: 9)
        }
        #expect(others.allSatisfy { $0.severity == .error })
        #expect(
            others.map(\.message) == [
                "it takes no writes: it is a standby",
                "a newer release has brought its tables to version 9; this one knows \(PostgresSchema.version)",
                "the role Mail \"1\" may not make or change the relay's tables",
            ])
        #expect(others[2].remedy.contains(#"GRANT CREATE ON DATABASE posthorse TO "Mail ""1"""; or"#))
        #expect(findings { $0.isReadOnly = true }[0].message.hasSuffix("default_transaction_read_only is on"))
        // Newer tables that this release can still use.
        #expect(findings { $0.schema = PostgresSchema.State(version: 9, oldest: 1) } == [])
    }

    @Test("what makes a 250 worth less is a warning, with what to type")
    func synchrony() {
        let cases: [(DatabaseSynchrony, String)] = [
            (synchrony(names: ""), "synchronous_standby_names = 'ANY 1 (*)'"),
            (synchrony("local", names: ""), "synchronous_standby_names = 'ANY 1 (*)'"),
            (synchrony("local"), "ALTER ROLE posthorse SET synchronous_commit = on"),
            (synchrony("off", names: ""), "ALTER ROLE posthorse SET synchronous_commit = on"),
            (synchrony("off", fsync: false), "ALTER SYSTEM SET fsync = on"),
        ]
        for (synchrony, remedy) in cases {
            let found = findings { $0.synchrony = synchrony }
            #expect(found.map(\.severity) == [.warning])
            #expect(found[0].message == synchrony.risk && found[0].remedy.contains(remedy), "\(found)")
        }
    }

    @Test("a standby that is named and not there stops all mail")
    func standby() {
        #expect(
            findings { $0.standbys = 0 }.map(\.message) == [
                "a synchronous standby is named and none is connected: commits wait, and no mail is accepted"
            ])
        // Without a name, nobody waits for it.
        let nameless = findings { ($0.standbys, $0.synchrony) = (0, synchrony(names: "")) }
        #expect(nameless.count == 1 && !nameless[0].message.contains("none is connected"))
    }

    @Test("other settings that do harm")
    func oddities() {
        let found = findings {
            ($0.hasFullPageWrites, $0.encoding, $0.isolation) = (false, "LATIN1", "serializable")
        }
        #expect(found.allSatisfy { $0.severity == .warning })
        #expect(
            found.map { $0.message.prefix { $0 != ":" } } == [
                "full_page_writes is off", "its encoding is LATIN1", "default_transaction_isolation is serializable",
            ])
    }

    @Test("why there is no connection, and where to look")
    func unreachable() {
        let error = PostgresError(.library, "libpq cannot be loaded")
        #expect(
            DatabaseFinding(error)
                == DatabaseFinding(.error, "libpq cannot be loaded", "install libpq (Debian: libpq5)"))
        #expect(DatabaseFinding(PostgresError(.timeout, "late")).remedy.contains("network"))
        #expect(DatabaseFinding(PostgresError(.unreachable, "no")).remedy.contains("password_file"))
    }

    @Test("versions, as PostgreSQL writes them", arguments: [(150_018, "15.18"), (140_000, "14.0"), (90_603, "9.6")])
    func versions(number: Int, text: String) {
        #expect(number.postgresVersion == text)
    }
}
