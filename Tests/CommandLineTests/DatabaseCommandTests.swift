import Foundation
import TestKit
import Testing

@Suite("check and doctor with a database")
struct DatabaseCommandTests {
    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// Line 7 has the database.
    private func write(_ database: String, _ lines: String = "") throws {
        let path = try directory.configuration()
        let text = try String(contentsOfFile: path, encoding: .utf8)
        _ = try directory.configuration(
            text.replacing("[[upstream]]", with: "[cluster]\ndatabase = \"\(database)\"\n\(lines)\n[[upstream]]"))
    }

    private func run(_ arguments: String...) throws -> Program { try Program.run(arguments, in: directory.path) }

    @Test("A database that is away is a warning of check, and an error of doctor")
    func away() throws {
        try write("host=\(directory.path) dbname=posthorse")
        let checked = try run("check")
        #expect(checked.status == 0 && checked.errors.isEmpty)
        let lines = checked.output.split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[0].hasPrefix("\(directory.path)/relay.conf:7: warning: cluster.database: connection to server"))
        #expect(lines[1].hasSuffix("is good: 1 listener, 1 upstream, spool in a database, as node relay.example"))
        let offline = try run("check", "--offline")
        #expect(offline.status == 0 && offline.output.split(separator: "\n") == [lines[1]])
        let doctor = try run("doctor")
        #expect(doctor.status == 69 && doctor.errors.isEmpty)
        #expect(doctor.output.hasPrefix("relay.conf: good; 1 listener, 1 upstream, spool in a database"))
        #expect(doctor.output.contains("\ndatabase: bad\n  error: connection to server"))
        #expect(doctor.output.contains("\n    correct database and password_file"))
    }

    @Test("One that is there is described, with what is wrong and what to type")
    func present() throws {
        let server = try PostgresServer(fsync: false)
        try write(server.conninfo)
        let checked = try run("check")
        #expect(checked.status == 0)
        let place = "database at \(server.directory)/.s.PGSQL.\(server.port): PostgreSQL "
        #expect(checked.output.contains("\n\(place)"))
        #expect(checked.output.contains("no tables of a relay yet"))
        #expect(checked.output.contains("cluster.database: fsync is off: "))
        let doctor = try run("doctor")
        #expect(doctor.status == 0)
        #expect(doctor.output.contains("\ndatabase: doubtful; \(place)"))
        #expect(doctor.output.contains("\n  warning: fsync is off: "))
        #expect(doctor.output.contains("\n    type: ALTER SYSTEM SET fsync = on; SELECT pg_reload_conf()\n"))
        let json = try run("doctor", "--json").output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(json.map { $0["part"] as? String } == ["relay.conf", "database"])
        #expect(json.map { $0["state"] as? String } == ["good", "doubtful"])
        #expect((json[1]["problems"] as? [[String: Any]])?.first?["key"] as? String == "cluster.database")
        // Nothing was made there.
        #expect(try server.execute("SELECT count(*) FROM pg_namespace WHERE nspname = 'posthorse'") == "0")
    }

    @Test("A wrong password is told apart, and is not shown")
    func password() throws {
        let server = try PostgresServer(
            tcp: true, fsync: false, access: ["local all all trust", "host all all all scram-sha-256"])
        try server.execute("ALTER ROLE posthorse PASSWORD 'right'")
        let file = directory.path + "/password"
        try "Zq9-wrong\n".write(toFile: file, atomically: false, encoding: .utf8)
        chmod(file, 0o600)
        try write(server.tcpConninfo, "password_file = \"password\"")
        let wrong = try run("doctor")
        #expect(wrong.status == 69 && wrong.output.contains("password authentication failed"))
        #expect(!wrong.output.contains("Zq9"))
        try "right\n".write(toFile: file, atomically: false, encoding: .utf8)
        #expect(try run("doctor").status == 0)
    }

    @Test("doctor ends with 78 for a file that cannot be used, and asks no database then")
    func badFile() throws {
        try write("host=/nowhere password=Zq9")
        let doctor = try run("doctor")
        #expect(doctor.status == 78 && doctor.errors.isEmpty)
        #expect(
            doctor.output == """
                relay.conf: bad
                  error: line 7, cluster.database: the value has a password in it
                    take it out, and write it into a file that password_file names

                """)
    }

    @Test("Without [cluster] there is no database to speak of")
    func none() throws {
        _ = try directory.configuration()
        let doctor = try run("doctor")
        #expect(doctor.status == 0)
        #expect(doctor.output.hasPrefix("relay.conf: good; 1 listener, 1 upstream, spool in \(directory.path)/spool\n"))
        #expect(!doctor.output.contains("database"))
    }

    @Test(
        "What a stopped relay keeps in a database is not looked for on the disk",
        arguments: [["queue", "list"], ["history", "search"], ["audit", "list"]])
    func stopped(command: [String]) throws {
        try write("host=/nowhere")
        let result = try Program.run(command, in: directory.path)
        #expect(result.status == 69)
        #expect(result.errors.contains("What it keeps is in a database, which only a running relay shows."))
    }
}
