import Foundation
import Ingress
import Mail
import Testing

@testable import Configuration

@Suite("Users in relay.conf and in a users file")
struct UsersFileTests {
    private static func table(_ name: String, _ more: String = "") -> String {
        "[[user]]\nname = \"\(name)\"\npassword_hash = \"\(exampleHash)\"\n\(more)"
    }

    /// The problems of relay.conf with this text and a `users.toml` with that text, without the directory.
    private func problems(_ text: String, users: String?) throws -> [String] {
        try withTemporaryDirectory { directory in
            try users?.write(toFile: directory + "/users.toml", atomically: true, encoding: .utf8)
            return RelayConfiguration.check(text: text, file: directory + "/relay.conf", environment: [:])
                .problems.map { $0.description.replacing(directory + "/", with: "") }
        }
    }

    private let withFile = "users_file = \"users.toml\"\n" + minimal

    @Test("users of both are present, with those of the file kept separate")
    func both() throws {
        try withTemporaryDirectory { directory in
            try (Self.table("one", "priority = \"high\"\n") + Self.table("two", "max_rate = \"5/s\"\n"))
                .write(toFile: directory + "/users.toml", atomically: true, encoding: .utf8)
            let found = try configuration(withFile + Self.table("app"), file: directory + "/relay.conf")
            #expect(found.usersFile == directory + "/users.toml")
            #expect(found.ingress.users.map(\.name) == ["app"])
            #expect(found.ingress.usersOfFile.map(\.name) == ["one", "two"])
            #expect(found.ingress.usersOfFile.map(\.priority) == [.high, nil])
            #expect(found.ingress.usersOfFile.last?.maxRate == Rate(count: 5, per: .seconds(1)))
        }
    }

    @Test("every problem of the file has its own name and line, after those of relay.conf")
    func problemsOfFile() throws {
        let users =
            "colour = 1\n" + Self.table("app") + Self.table("two", "prio = \"high\"\nroute = \"x\"\n")
            + Self.table("two") + "[[user]]\nname = \"x\"\npassword_hash = \"hunter2\"\n[spool]\n"
        let found = try problems(withFile + Self.table("app") + Self.table("app") + "bad = 1\n", users: users)
        #expect(
            found.map { $0.prefix { $0 != ";" } } == [
                "relay.conf:10: user.name: \"app\" is already used on line 7",
                "relay.conf:12: user.bad: unknown key",
                "users.toml:1: colour: does not belong in a users file",
                "users.toml:3: user.name: \"app\" is already a user in relay.conf",
                "users.toml:8: user.prio: unknown key",
                "users.toml:9: user.route: there is no route \"x\"",
                "users.toml:11: user.name: \"two\" is already used on line 6",
                "users.toml:15: user.password_hash: the value is not a password hash: "
                    + "it does not begin with \"$scrypt$\"",
                "users.toml:16: spool: does not belong in a users file",
            ])
        #expect(!found.joined().contains("hunter2"))
    }

    @Test("an unreadable file is a problem of that file", arguments: [nil, "", "[[user]"])
    func unreadable(_ users: String?) throws {
        let found = try problems(withFile, users: users)
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("users.toml:") == true)
    }

    @Test("a change is noticed once, and a file with an error changes nothing")
    func reload() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/users.toml"
            let user = UserSettings(name: "app", passwordHash: ConfigurationDraft.exampleHash)
            let users = UserDirectory([user])
            try Self.table("one").write(toFile: path, atomically: true, encoding: .utf8)
            var file = UsersFile(path: path, taken: ["app"], routes: [], environment: [:])
            #expect(try file.reload(into: users, with: [user]))
            #expect(users["one"] != nil && users["app"] != nil && users.count == 2)
            #expect(try !file.reload(into: users, with: [user]))
            try (Self.table("two") + Self.table("app")).write(toFile: path, atomically: true, encoding: .utf8)
            #expect(throws: ConfigurationProblems.self) { try file.reload(into: users, with: [user]) }
            #expect(try !file.reload(into: users, with: [user]))
            #expect(users["one"] != nil && users["two"] == nil)
            try Self.table("two").write(toFile: path, atomically: true, encoding: .utf8)
            #expect(try file.reload(into: users, with: [user]))
            #expect(users["one"] == nil && users["two"] != nil && users["app"] != nil)
            #expect(try !file.reload(into: users, with: [user]))
            #expect(try file.reload(into: users, with: [user], always: true))
            try FileManager.default.removeItem(atPath: path)
            #expect(throws: ConfigurationProblems.self) { try file.reload(into: users, with: [user]) }
            #expect(users["two"] != nil)
        }
    }
}
