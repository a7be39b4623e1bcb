import Foundation
import Synchronization
import TLS
import TestKit
import Testing

@testable import Postgres

@Suite("Connecting to PostgreSQL", .ownThread)
struct ConnectingTests {
    private static let one = PostgresStatement("one", "SELECT 1")

    private func error(_ settings: PostgresSettings, _ resolver: NameResolver = .system) throws -> PostgresError {
        try #require(throws: PostgresError.self) { try PostgresConnector.connect(settings, resolver: resolver) }
    }

    @Test("goes on to the next host if one is away or takes no writes, and says so of each")
    func hosts() throws {
        let main = try PostgresServer(tcp: true, fsync: false)
        let standby = try PostgresServer(tcp: true, fsync: false, settings: ["default_transaction_read_only=on"])
        let hosts = "host=/nowhere,127.0.0.1,127.0.0.1 user=posthorse dbname=posthorse"
        let connection = try PostgresConnector.connect(
            PostgresSettings(database: "\(hosts) port=1,\(standby.port),\(main.port)"))
        #expect(connection.place == "database at 127.0.0.1, port \(main.port)")
        let any = try PostgresConnector.connect(
            PostgresSettings(
                database: "\(hosts) port=1,\(standby.port),\(main.port) target_session_attrs=any"))
        #expect(any.place.hasSuffix("port \(standby.port)"))
        main.stop()
        let error = try error(PostgresSettings(database: "\(hosts) port=1,\(standby.port),\(main.port)"))
        #expect(error.code == .unreachable)
        for part in ["/nowhere", "read-only", "port \(main.port) failed", "Connection refused"] {
            #expect(error.message.contains(part), "\(error.message)")
        }
        #expect(!error.message.contains("\n"))
    }

    @Test("does not wait for a resolver that does not answer")
    func resolver() throws {
        let end = DispatchSemaphore(value: 0)
        defer { end.signal() }
        let silent = NameResolver { _ in
            end.wait()
            return .failed("no")
        }
        let settings = PostgresSettings(database: "host=db.example.net port=5", connectTimeout: .milliseconds(50))
        let error = try error(settings, silent)
        #expect(error.code == .timeout)
        #expect(error.message == "database at db.example.net, port 5: the name was not resolved in time")
    }

    @Test("goes on to the next host, and to the next address, after a name that leads nowhere")
    func names() throws {
        let server = try PostgresServer(tcp: true, fsync: false)
        let asked = Mutex<[String]>([])
        let resolver = NameResolver { name in
            asked.withLock { $0.append(name) }
            switch name {
            case "late.example.net": return .late
            case "failed.example.net": return .failed("no such host is known")
            default: return .found(["::1", "127.0.0.1"])
            }
        }
        let names = ["late.example.net", "failed.example.net", "db.example.net"]
        let settings = PostgresSettings(
            database: "host=\(names.joined(separator: ",")) port=\(server.port) user=posthorse dbname=posthorse")
        let connection = try PostgresConnector.connect(settings, resolver: resolver)
        #expect(connection.place == "database at db.example.net (127.0.0.1), port \(server.port)")
        #expect(asked.withLock(\.self) == names)
        server.stop()
        let error = try error(settings, resolver)
        #expect(error.message.contains("no such host is known"))
        #expect(error.message.contains("late.example.net"))
    }

    @Test("gives up on a server that accepts and says nothing", arguments: [0, 10, 300])
    func silent(octets: Int) throws {
        let server = try PostgresServer(tcp: true, fsync: false)
        let proxy = try TCPProxy(to: server.port)
        proxy.limit(.toClient, to: octets, then: .swallow)
        let error = try error(
            PostgresSettings(
                database: "host=127.0.0.1 port=\(proxy.port) user=posthorse dbname=posthorse sslmode=disable",
                connectTimeout: .milliseconds(300)))
        #expect(error.code == .timeout)
        #expect(error.message.contains("port \(proxy.port)"))
    }

    @Test("proves the server's name, and itself by password_file")
    func encrypted() throws {
        let certificates = try TestCertificates()
        let files = try certificates.server("db.example.net")
        for path in [files.certificate, files.privateKey] {
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        }
        let server = try PostgresServer(
            tcp: true, fsync: false,
            settings: ["ssl=on", "ssl_cert_file=\(files.certificate)", "ssl_key_file=\(files.privateKey)"],
            access: ["local all all trust", "hostssl all all 127.0.0.1/32 scram-sha-256"])
        try server.execute("ALTER ROLE posthorse PASSWORD 'geheim'")
        let file = certificates.directory.path + "/password"
        try "geheim\n".write(toFile: file, atomically: true, encoding: .utf8)
        func settings(
            _ name: String, _ authority: String, _ mode: String = "verify-full"
        ) -> PostgresSettings {
            let database =
                "host=\(name) hostaddr=127.0.0.1 port=\(server.port) user=posthorse dbname=posthorse sslmode=\(mode)"
            return PostgresSettings(database: "\(database) sslrootcert=\(authority)", passwordFile: file)
        }
        let authority = certificates.authorityFile
        let connection = try PostgresConnector.connect(settings("db.example.net", authority))
        #expect(connection.isEncrypted)
        #expect(try connection.run(Self.one).integer(0, 0) == 1)

        let wrongName = try error(settings("other.example.net", authority))
        #expect(wrongName.message.contains("does not match"))
        let stranger = try TestCertificates(authority: "Stranger")
        let unknown = try error(settings("db.example.net", stranger.authorityFile))
        #expect(unknown.message.contains("certificate verify failed"))
        let plain = try error(settings("db.example.net", authority, "disable"))
        #expect(plain.message.contains("no encryption"))
        try "falsch\n".write(toFile: file, atomically: true, encoding: .utf8)
        let refused = try error(settings("db.example.net", authority))
        #expect(refused.message.contains("password authentication failed"))
        for error in [wrongName, unknown, plain, refused] {
            #expect(error.code == .unreachable)
            #expect(error.message.contains("port \(server.port)"))
            #expect(!error.message.contains("geheim"))
            #expect(!error.message.contains("falsch"))
        }
    }

    @Test("tells on a thread of its own")
    func asynchronous() async throws {
        let server = try PostgresServer(fsync: false)
        let settings = PostgresSettings(database: server.conninfo, applicationName: "posthorse/one")
        let connection = try await withCheckedContinuation { continuation in
            PostgresConnector.connect(settings) { continuation.resume(returning: $0) }
        }.get()
        let rows = try connection.run(PostgresStatement("", "SELECT current_setting('application_name')"))
        #expect(rows.text(0, 0) == "posthorse/one")
    }
}
