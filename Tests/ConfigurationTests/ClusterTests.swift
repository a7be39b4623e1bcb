import Foundation
import Testing

@testable import Configuration

@Suite("[cluster] in relay.conf")
struct ClusterTests {
    /// Without lines.
    private func problems(
        _ database: String, _ lines: String = "", environment: [String: String] = [:]
    ) -> [String] {
        ConfigurationTests.problems(
            minimal + "[cluster]\ndatabase = \"\(database)\"\n\(lines)\n", environment: environment
        ).map { $0.replacingOccurrences(of: #"^relay.conf:\d+: "#, with: "", options: .regularExpression) }
    }

    @Test("without it, the spool is on this machine's disk")
    func none() throws {
        #expect(try configuration(minimal).cluster == nil)
        #expect(try configuration(minimal + "[cluster]\n").cluster == nil)
    }

    @Test("a database is enough: the node has the relay's name, and paths begin at the file's directory")
    func least() throws {
        let text = minimal + "[cluster]\ndatabase = \"host=/run/postgresql\"\n"
        #expect(
            try configuration(text).cluster == ClusterSettings(database: "host=/run/postgresql", node: "relay.test"))
        #expect(try configuration(text).lineOfDatabase == 6)
        let named = text + "password_file = \"db\"\nnode = \"a\"\n"
        #expect(
            try configuration(named, file: "/etc/posthorse/relay.conf").cluster
                == ClusterSettings(database: "host=/run/postgresql", passwordFile: "/etc/posthorse/db", node: "a"))
    }

    @Test("a table without a database is an error")
    func withoutDatabase() {
        #expect(
            ConfigurationTests.problems(minimal + "[cluster]\nnode = \"a\"\n") == [
                "relay.conf:5: cluster: the table names no database; add database, or remove the table"
            ])
    }

    @Test("keys of later releases, and of other programs")
    func otherKeys() {
        #expect(
            problems("dbname=a", "lease = \"5s\"\nregion = \"eu\"\nhost = \"db1\"") == [
                "cluster.lease: not supported in this version; remove it",
                "cluster.region: not supported in this version; remove it",
                "cluster.host: unknown key; did you mean \"database\"?",
            ])
    }

    // MARK: - Passwords

    @Test(
        "a password is refused wherever it is, and never shown",
        arguments: [
            "host=db1 password=Zq9 sslmode=verify-full", "host=db1 password = 'Zq9 x'",
            "postgresql://me:Zq9@db1/posthorse", "postgres://db1/posthorse?sslmode=verify-full&password=Zq9",
            "postgresql://me:Zq9@db1,db2:5433/", "postgresql://db1/?pass%77ord=Zq9", "host=db1 sslpassword=Zq9",
        ])
    func password(database: String) {
        let found = problems(database)
        #expect(found.count == 1 && found[0].hasPrefix("cluster.database: the value has "), "\(found)")
        #expect(!found[0].contains("Zq9"))
        #expect(database.contains("sslpassword") || found[0].contains("password_file"))
    }

    @Test(
        "nor is one shown that has not been recognised",
        arguments: [
            "host=db1 password=a Zq9", "host=db1 password='Zq9", "postgresql://me:Zq9%@db1/", "Zq9",
            "postgresql://db1/?password=a&Zq9", "host=db1 passwd=Zq9", "host=db1 Zq9x=1",
        ])
    func unrecognised(database: String) {
        let found = problems(database)
        #expect(!found.isEmpty)
        #expect(!found.joined().contains("Zq9"), "\(found)")
    }

    @Test("nor one from the environment")
    func environment() {
        let found = problems("host=/run password=${PW}", environment: ["PW": "Zq9"])
        #expect(
            found == ["cluster.database: the value has a password in it; check what its environment variables hold"])
    }

    @Test("PGPASSWORD is libpq's own way, and worth a warning without password_file")
    func variable() throws {
        let set = ["PGPASSWORD": "Zq9"]
        #expect(
            problems("host=/run", environment: set) == [
                "warning: cluster.database: its password comes from PGPASSWORD, which every command that the relay runs "
                    + "can read; write it into a file that password_file names"
            ])
        #expect(
            problems("host=/run", "password_file = \"/etc/hostname\"", environment: set).allSatisfy {
                !$0.contains("PGPASSWORD")
            })
    }

    @Test("a password file that is not there, is empty, or is everybody's")
    func passwordFile() throws {
        try withTemporaryDirectory { directory in
            let file = directory + "/pw"
            func found() -> [String] { problems("host=/run", "password_file = \"\(file)\"") }
            #expect(
                found() == [
                    "warning: cluster.password_file: \(file): No such file or directory; create it; until then no mail is "
                        + "accepted if the database wants one"
                ])
            _ = FileManager.default.createFile(atPath: file, contents: Data(), attributes: [.posixPermissions: 0o600])
            #expect(found() == ["cluster.password_file: \(file) is empty; write the secret to it"])
            try "Zq9\n".write(toFile: file, atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file)
            #expect(
                found() == [
                    "warning: cluster.password_file: every user of this machine can read \(file); run chmod o-r on it"
                ])
        }
    }

    // MARK: - Other machines

    private static let remedy =
        "; write sslmode=verify-full, and sslrootcert=FILE for the authority that signed its "
        + "certificate"

    @Test(
        "a database on another machine has to prove who it is",
        arguments: [
            (
                "host=db1",
                "without sslmode, which is then prefer, mail can be read and changed on the way to the database"
            ),
            (
                "host=/run,db1",
                "without sslmode, which is then prefer, mail can be read and changed on the way to the "
                    + "database"
            ),
            (
                "host=localhost hostaddr=192.0.2.1 sslmode=disable",
                "with sslmode=disable mail can be read and changed on the way to the database"
            ),
            ("host=db1 sslmode=require", "with sslmode=require mail goes to whoever answers as the database"),
            ("postgresql://db1/x?ssl=true", "with sslmode=require mail goes to whoever answers as the database"),
            (
                "postgresql://[2001:db8::1]:5433/?sslmode=verify-ca",
                "with sslmode=verify-ca mail goes to whoever answers as the database"
            ),
            (
                "service=mail",
                "without sslmode, which is then prefer, mail can be read and changed on the way to the "
                    + "database"
            ),
        ])
    func remote(database: String, warning: String) throws {
        #expect(problems(database) == ["warning: cluster.database: \(warning)\(Self.remedy)"])
    }

    @Test(
        "this machine need not, nor one that does",
        arguments: [
            "dbname=posthorse", "host=/run/postgresql,/tmp", "host=127.0.0.1", "host=localhost,::1", "host=@posthorse",
            "postgresql:///posthorse", "postgresql://%2Frun%2Fpostgresql/posthorse",
            "host=db1,db2 sslmode=verify-full", "host = 'db1' sslmode = 'verify-full'",
            "postgresql://u@db1:1,[2001:db8::1]:2/x?sslmode=verify-full", "host=db1 hostaddr=127.0.0.1",
        ])
    func secure(database: String) {
        #expect(problems(database) == [])
    }

    @Test("what libpq takes from the environment counts, unless the file has it")
    func completed() {
        #expect(problems("dbname=a", environment: ["PGHOST": "db1"]).count == 1)
        #expect(problems("host=/run", environment: ["PGHOST": "db1"]) == [])
        #expect(problems("host=db1", environment: ["PGSSLMODE": "verify-full"]) == [])
        #expect(problems("host=db1 sslmode=require", environment: ["PGSSLMODE": "verify-full"]).count == 1)
    }

    @Test("a keyword that is none is a warning: libpq may be newer than this program")
    func keywords() {
        #expect(
            problems("host=/run sslmod=verify-full") == [
                "warning: cluster.database: libpq may not know its keyword \"sslmod\"; did you mean \"sslmode\"?"
            ])
    }

    // MARK: - Later readings

    @Test("a name of the environment stays unseen as the node's")
    func hiddenNode() throws {
        let text = minimal.replacing("\"relay.test\"", with: "\"${NAME}\"") + "[cluster]\ndatabase = \"host=/run\"\n"
        let one = try configuration(text, environment: ["NAME": "one.test"])
        let two = try configuration(text, environment: ["NAME": "two.test"])
        let change = try #require(one.changes(in: two).first { $0.key == "cluster.node" })
        #expect(change.needsRestart && change.before == "(from the environment)")
        #expect(one.reloaded(two).cluster?.node == "one.test" && one.reloaded(two).hostname == "two.test")
    }
}

@Suite("Connection strings")
struct ConnectionStringTests {
    @Test(
        "keywords and values",
        arguments: [
            ("", [:]), ("host=a port=1", ["host": "a", "port": "1"]), (" host = a ", ["host": "a"]),
            ("host='a b' user=''", ["host": "a b", "user": ""]), (#"user='a\'b\\'"#, ["user": #"a'b\"#]),
            (#"user=a\ b"#, ["user": "a b"]), ("user= host=a", ["user": "host=a"]), ("host=a host=b", ["host": "b"]),
        ])
    func keywords(text: String, options: [String: String]) throws {
        #expect(try ConnectionString(text).options == options)
    }

    @Test(
        "URLs",
        arguments: [
            ("postgresql://", [:]), ("postgres://a", ["host": "a"]),
            ("postgresql://u@a:1,b/d", ["user": "u", "host": "a,b", "dbname": "d"]),
            ("postgresql:///d?host=/tmp&port=2", ["dbname": "d", "host": "/tmp", "port": "2"]),
            (
                "postgresql://u%40x:p%3a@[::1]:5/d%20e",
                ["user": "u@x", "password": "p:", "host": "::1", "dbname": "d e"]
            ),
            ("postgresql://a?sslmode=require", ["host": "a", "sslmode": "require"]),
        ])
    func urls(text: String, options: [String: String]) throws {
        #expect(try ConnectionString(text).options == options)
    }

    @Test(
        "what is none",
        arguments: ["a", "=a", "host=a b", "host='a", "postgresql://a/%", "postgresql://a/%zz", "postgresql://a/?b"])
    func none(text: String) {
        #expect(throws: ConnectionString.Problem.self) { try ConnectionString(text) }
    }
}
