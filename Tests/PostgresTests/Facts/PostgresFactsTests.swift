import TestKit
import Testing

@testable import Postgres

@Suite("What a PostgreSQL says of itself", .ownThread)
struct PostgresFactsTests {
    private func facts(_ database: String) throws -> PostgresFacts {
        try PostgresFacts(PostgresConnector.connect(PostgresSettings(database: database)))
    }

    @Test("one as it comes has no standby, and no tables until a relay has made them")
    func plain() throws {
        let server = try PostgresServer()
        let session = try PostgresConnector.connect(PostgresSettings(database: server.conninfo))
        let facts = try PostgresFacts(session)
        #expect(facts.serverVersion == session.serverVersion && facts.serverVersion >= 140_000)
        #expect(facts.database == "posthorse" && facts.user == "posthorse")
        #expect(!facts.isReadOnly && !facts.isStandby && !facts.isEncrypted && facts.hasFullPageWrites)
        #expect(facts.isolation == "read committed" && facts.encoding == "UTF8")
        #expect(
            facts.synchrony
                == DatabaseSynchrony(synchronousCommit: "on", synchronousStandbyNames: "", fsync: true))
        #expect(facts.standbys == 0 && facts.mayWrite && facts.schema.version == 0)
        #expect(facts.findings.map(\.severity) == [.warning])
        try PostgresSchema.migrate(session)
        #expect(try PostgresFacts(session).schema.version == PostgresSchema.version)
    }

    @Test("one with settings that cost mail")
    func settings() throws {
        let server = try PostgresServer(
            fsync: false,
            settings: [
                "synchronous_commit=off", "synchronous_standby_names=ANY 1 (a, b)", "full_page_writes=off",
                "default_transaction_isolation=serializable",
            ])
        let facts = try facts(server.conninfo)
        #expect(
            facts.synchrony
                == DatabaseSynchrony(
                    synchronousCommit: "off", synchronousStandbyNames: "ANY 1 (a, b)", fsync: false))
        #expect(!facts.hasFullPageWrites && facts.isolation == "serializable")
        #expect(facts.findings.count == 3)
    }

    @Test("a role sees what it may do: make tables, use its own, and not those of others")
    func rights() throws {
        let server = try PostgresServer(fsync: false)
        try server.execute("CREATE ROLE mail LOGIN")
        let database = server.conninfo.replacing("user=posthorse", with: "user=mail")
        let none = try facts(database)
        #expect(!none.mayWrite && none.user == "mail" && none.standbys == nil)
        #expect(none.findings[0].remedy.hasPrefix("type: GRANT CREATE ON DATABASE posthorse TO mail;"))
        try server.execute("GRANT CREATE ON DATABASE posthorse TO mail")
        #expect(try facts(database).mayWrite)
        try server.execute("CREATE SCHEMA posthorse")
        #expect(try !facts(database).mayWrite)
        try server.execute("ALTER SCHEMA posthorse OWNER TO mail")
        #expect(try facts(database).mayWrite)
    }

    @Test("a server that takes no writes is one only if it is asked for")
    func readOnly() throws {
        let server = try PostgresServer(fsync: false, settings: ["default_transaction_read_only=on"])
        let facts = try facts(server.conninfo + " target_session_attrs=any")
        #expect(facts.isReadOnly && !facts.isStandby)
        #expect(facts.findings[0].severity == .error)
        let error = try #require(throws: PostgresError.self) { try self.facts(server.conninfo) }
        #expect(error.message.contains("read-only"))
    }
}
