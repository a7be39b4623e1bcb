import Foundation
import TestKit
import Testing

@testable import Postgres

@Suite("Options of a connection")
struct ConnectionOptionsTests {
    private func options(_ database: String, passwordFile: String? = nil) throws(PostgresError) -> ConnectionOptions {
        try ConnectionOptions(
            PostgresSettings(database: database, passwordFile: passwordFile), try LibPQ.load())
    }

    @Test(
        "come from keywords as from a URL",
        arguments: [
            "host=a,10.0.0.2 port=5433,5434 user=u dbname=d sslmode=verify-full",
            "postgresql://u@a:5433,10.0.0.2:5434/d?sslmode=verify-full",
        ])
    func forms(text: String) throws {
        let options = try options(text)
        #expect(options.hosts == [.init(name: "a", port: "5433"), .init(name: "10.0.0.2", port: "5434")])
        #expect(options.hosts.map(\.unresolved) == ["a", nil])
        #expect(options.values["user"] == "u")
        #expect(options.values["dbname"] == "d")
        #expect(options.values["sslmode"] == "verify-full")
    }

    @Test("want a server that takes writes, and notice a dead one, unless the string says otherwise")
    func defaults() throws {
        let options = try options("target_session_attrs=any keepalives_idle=60 connect_timeout=3")
        #expect(options.values["target_session_attrs"] == "any")
        #expect(options.values["keepalives_idle"] == "60")
        #expect(options.values["tcp_user_timeout"] == "10000")
        #expect(options.values["client_encoding"] == "UTF8")
        #expect(options.connectTimeout == .seconds(3))
        #expect(options.hosts.count == 1)
        #expect(try self.options("dbname=d").values["target_session_attrs"] == "read-write")
    }

    @Test("give one port to all hosts, and look up no socket and no address")
    func ports() throws {
        let hosts = try options("host=/run/postgresql,::1,b hostaddr=,,192.0.2.1 port=7").hosts
        #expect(hosts.map(\.port) == ["7", "7", "7"])
        #expect(hosts.map(\.unresolved) == [nil, nil, nil])
    }

    @Test(
        "are refused without a word that might be the password",
        arguments: [
            "host=a password=geheim", "postgresql://u:geheim@a/d", "host=a password=x geheim",
            "postgresql://u:gehe%im@a/d",
            "postgresql://a/d?password=geheim", "host=a,b port=1,2,3", "host=a,b hostaddr=192.0.2.1",
        ])
    func refused(text: String) throws {
        let error = #expect(throws: PostgresError.self) { try options(text) }
        #expect(error?.code == .settings)
        #expect(error?.message.contains("geheim") == false)
        #expect(error?.message.contains("gehe%") == false)
    }

    @Test("take the password from the first line of its file, at each connect")
    func password() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/password"
        for (text, password) in [("geheim\n", "geheim"), ("neu", "neu"), ("ein Wort\r\nnoch eins\n", "ein Wort")] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try options("host=a", passwordFile: path).values["password"] == password)
        }
        for text in ["", "\ngeheim\n"] {
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            let error = #expect(throws: PostgresError.self) { try options("host=a", passwordFile: path) }
            #expect(error?.message.contains(path) == true)
        }
        for missing in [directory.path, directory.path + "/missing"] {
            let error = #expect(throws: PostgresError.self) { try options("host=a", passwordFile: missing) }
            #expect(error?.code == .settings)
            #expect(error?.message.contains(missing) == true)
        }
    }

    @Test("need libpq, and say which package has it")
    func library() {
        let error = #expect(throws: PostgresError.self) { try LibPQ("libpq-missing.so.5") }
        #expect(error?.code == .library)
        #expect(error?.message.contains("libpq5") == true)
        let other = #expect(throws: PostgresError.self) { try LibPQ("libc.so.6") }
        #expect(other?.message.contains("PQlibVersion") == true)
    }
}
