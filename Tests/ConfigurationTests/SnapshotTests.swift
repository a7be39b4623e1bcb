import Access
import Foundation
import Spool
import Testing

@testable import Configuration

@Suite("What another reading of relay.conf changes")
struct SnapshotTests {
    private func changes(_ before: String, _ after: String) throws -> [ConfigurationChange] {
        let environment = KeyCase.environment
        return try configuration(before, environment: environment).changes(
            in: configuration(after, environment: environment))
    }

    /// Keys that a running relay keeps until it is started again. Every other key must be live: whoever adds one sees to it
    /// that a reload reaches the part that honours it, and adds it to ``live``.
    private static let untilRestart: Set = [
        "threads", "spool.path", "admin.socket", "admin.socket_group", "admin.http",
        "cluster.database", "cluster.password_file", "cluster.node",
    ]

    /// The tables whose every key is live but for ``untilRestart``, and how many keys they have.
    private static let live = [
        "": 4, "spool": 4, "listener": 23, "user": 8, "auth": 4, "limits": 14, "rewrite": 3,
        "upstream": 35, "upstream.oauth2": 10, "upstream.rule": 3,
        "route": 17, "stream": 5, "pace": 4, "health": 4, "circuit": 11,
        "recovery": 2, "retry": 6, "retry.high": 6, "retry.bulk": 6,
        "priority": 3,
        "bounce": 6, "history": 4, "suppression": 5, "webhook": 15,
        "round_trip": 10, "round_trip.mailbox": 11, "round_trip.mailbox.oauth2": 10, "reload": 1, "alerts": 2,
        "alert": 11, "notify": 10, "admin": 8, "admin.token": 4, "cluster": 3, "log": 2,
    ]

    @Test("every key is either live or known to need a restart")
    func reach() {
        let counts = Dictionary(uniqueKeysWithValues: Schema.references.map { ($0.name, $0.keys.count) })
        #expect(counts == Self.live, "a new key must reach the running relay")
    }

    @Test(
        "every key is named where its value is another one", arguments: KeyCase.all.filter { $0.fallback != "required" }
    )
    func everyKey(_ test: KeyCase) throws {
        let (plain, good) = (test.document(with: nil).text, test.document(with: test.good.toml).text)
        let changed = try changes(plain, good)
        #expect(try changes(plain, plain) == [])
        // A listener is identified by its address; a rule has no name.
        let key =
            switch test.path {
            case "listener.address": "listener"
            case _ where test.section == "upstream.rule": "upstream.rule"
            case _: test.path
            }
        let found = changed.filter { $0.key == key }
        // With it, the API would be encrypted.
        let untilRestart = Self.untilRestart.contains(test.path) || test.path == "admin.certificate"
        // The tables of users and tokens are there with a value only.
        #expect(!found.isEmpty || changed.contains { $0.key == test.section }, "\(changed)")
        #expect(found.allSatisfy { $0.needsRestart == untilRestart || $0.key == "listener" })
    }

    @Test("the same values in other words are no change")
    func sameMeaning() throws {
        let spelt = """
            hostname = "relay.test" # as before
            threads = 2
            [retry]
            max = "3600s"
            [[upstream]]
            address = "mx.test:25"
            name = 'primary'
            """
        #expect(try changes("threads = 2\n" + minimal + "[retry]\nmax = \"1h\"\n", spelt) == [])
    }

    @Test("what was added, removed, reordered and changed is told by name, with values")
    func names() throws {
        let two = minimal + "[[upstream]]\nname = \"b\"\naddress = \"b.test:25\"\n"
        let swapped = """
            hostname = "relay.test"
            [retry]
            max = "2h"
            [[listener]]
            address = "127.0.0.1:2526"
            [[upstream]]
            name = "b"
            address = "b.test:26"
            max_connections = 3
            [[upstream]]
            name = "primary"
            address = "mx.test:25"
            [[upstream]]
            name = "c"
            address = "c.test:25"
            """
        let changes = try changes(two, swapped)
        #expect(
            changes.map(\.description) == [
                "listener 127.0.0.1:2525: removed",
                "upstream b: address: \"b.test:25\" -> \"b.test:26\"", "upstream b: max_connections: \"auto\" -> 3",
                "retry.max: \"1h\" -> \"2h\"", "listener 127.0.0.1:2526: added: address = \"127.0.0.1:2526\"",
                "upstream c: added: name = \"c\", address = \"c.test:25\"",
                "upstream: order: primary, b -> b, primary, c",
            ])
        #expect(changes.allSatisfy { !$0.needsRestart })
        #expect(changes.map(\.key).contains("upstream.max_connections"))
        #expect(changes.first { $0.key == "upstream.max_connections" }?.name == "b")
    }

    @Test("a secret that changes is named and not shown")
    func secret() throws {
        func text(_ name: String) -> String {
            minimal + "tls = \"starttls\"\nusername = \"u\"\npassword = \"${\(name)}\"\n"
        }
        let environment = ["ONE": "first-secret", "TWO": "second-secret"]
        let both = try ["ONE", "TWO"].map { try configuration(text($0), environment: environment) }
        let changes = both[0].changes(in: both[1])
        #expect(changes.map(\.description) == ["upstream primary: password: changed"])
        #expect(changes.map(\.before) == ["(secret)"] && changes.map(\.after) == ["(secret)"])
        let added = try configuration(minimal).changes(in: both[1])
        #expect(added.contains { $0.key == "upstream.password" && $0.before == nil && $0.after == "(secret)" })
        #expect(!"\(changes) \(added) \(ConfigurationSnapshot(both[0]))".contains("-secret"))
    }

    @Test("a value from the environment that changes is named and not shown, wherever it is")
    func environment() throws {
        func text(_ suffix: String) -> String {
            """
            hostname = "${HOST_\(suffix)}"
            [retry.high]
            initial = "${TIME_\(suffix)}"
            [[upstream]]
            name = "primary"
            address = "mx.test:25"
            tls = "starttls"
            username = "${TOKEN_\(suffix)}"
            password = "${TOKEN_\(suffix)}"
            [[upstream.rule]]
            match = "${TOKEN_\(suffix)}"
            scope = "message"
            action = "failover"
            [[route]]
            name = "r"
            header = "X-Tag: ${TOKEN_\(suffix)}"
            upstreams = ["primary"]

            """
        }
        let environment = [
            "HOST_1": "one.hunter.test", "HOST_2": "two.hunter.test", "TIME_1": "31s", "TIME_2": "32s",
            "TOKEN_1": String(repeating: "hunter", count: 20), "TOKEN_2": "hunter-two",
        ]
        let both = try ["1", "2"].map { try configuration(text($0), environment: environment) }
        let changes = both[0].changes(in: both[1])
        #expect(
            changes.map(\.description) == [
                "hostname: changed", "upstream primary: username: changed", "upstream primary: password: changed",
                "upstream primary: rule: changed", "route r: header: changed", "retry.high.initial: changed",
            ])
        #expect(Set(changes.compactMap(\.after)) == ["(secret)", "(from the environment)"])
        let plain = try configuration(minimal + "tls = \"starttls\"\n")
        let added = plain.changes(in: both[1]) + both[1].changes(in: plain)
        #expect(added.contains { $0.description == "hostname: \"relay.test\" -> (from the environment)" })
        #expect(!"\(changes) \(added)".contains("hunter") && !"\(added)".contains("32s"))
    }

    @Test("a value of the file is shown, though the same key of another table comes from the environment")
    func besidesEnvironment() throws {
        func text(_ host: String) -> String {
            minimal.replacing("mx.test", with: "${HOST}") + "[[upstream]]\nname = \"b\"\naddress = \"\(host):25\"\n"
        }
        let both = try ["b.test", "c.test"].map { try configuration(text($0), environment: ["HOST": "mx.test"]) }
        #expect(
            both[0].changes(in: both[1]).map(\.description) == [
                "upstream b: address: \"b.test:25\" -> \"c.test:25\""
            ])
        // Where a value comes from is no difference.
        let written = try configuration(text("b.test").replacing("${HOST}", with: "mx.test"))
        #expect(both[0].changes(in: written) == [])
    }

    @Test("what a running relay keeps until a restart is still known to come from the environment")
    func keptEnvironment() throws {
        let text = minimal + "[spool]\npath = \"/${NAME}\"\n"
        let before = try configuration(text, environment: ["NAME": "hunter"])
        let after = try configuration(minimal + "[spool]\npath = \"/other\"\n")
        let rest = before.reloaded(after).changes(in: after)
        // The socket is in the data directory.
        #expect(rest.map(\.key) == ["spool.path", "admin.socket"])
        #expect(rest.allSatisfy { $0.before == "(from the environment)" })
        #expect(rest.map(\.after) == ["\"/other\"", "\"/other/admin.sock\""])
    }

    @Test("values of users_file that come from the environment are not shown either")
    func usersFile() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/users.toml"
            func read(_ rate: String) throws -> RelayConfiguration {
                let user = "[[user]]\nname = \"app\"\npassword_hash = \"\(exampleHash)\"\nmax_rate = \"\(rate)\"\n"
                try user.write(toFile: path, atomically: true, encoding: .utf8)
                return try configuration(
                    "users_file = \"\(path)\"\n" + minimal, environment: ["ONE": "11/s", "TWO": "12/s"])
            }
            let changes = try read("${ONE}").changes(in: read("${TWO}"))
            #expect(changes.map(\.description) == ["user app: max_rate: changed"])
            #expect(changes.map(\.before) == ["(from the environment)"])
        }
    }

    @Test("hashes of passwords and tokens are as secret as these")
    func hashes() throws {
        let token = "$sha256$" + String(repeating: "B", count: 42) + "A="
        func text(_ hash: String, _ token: String) -> String {
            minimal + "[[user]]\nname = \"app\"\npassword_hash = \"\(hash)\"\n"
                + "[[admin.token]]\nname = \"ops\"\nhash = \"\(token)\"\n"
        }
        let (first, second) = (
            text(exampleHash, ConfigurationDraft.exampleTokenHash.text),
            text(exampleHash.replacing("ln=14", with: "ln=15"), token)
        )
        let changed = try changes(first, second)
        #expect(changed.map(\.description) == ["user app: password_hash: changed", "admin.token ops: hash: changed"])
        let added = try changes(minimal, second)
        #expect(
            added.map(\.description) == [
                "user app: added: name = \"app\", password_hash = (secret)",
                "admin.token ops: added: name = \"ops\", hash = (secret)",
            ])
    }

    @Test("what a running relay keeps until a restart stays, and everything else is the file's")
    func merged() throws {
        let before = try configuration("threads = 1\n" + minimal + "[admin]\nsocket = \"/a.sock\"\n")
        let after = try configuration("threads = 2\nstop_grace = \"9s\"\n" + minimal + "[spool]\npath = \"/other\"\n")
        let merged = before.reloaded(after)
        #expect(merged.threads == 1 && merged.adminSocket == "/a.sock" && merged.spool.path == before.spool.path)
        #expect(merged.stopGrace == .seconds(9))
        let rest = merged.changes(in: after)
        #expect(rest.map(\.key) == ["threads", "spool.path", "admin.socket"] && rest.allSatisfy { $0.needsRestart })
    }

    @Test("an API that is encrypted stays so until a restart, and one that is not, too")
    func certificate() throws {
        let plain = try configuration(minimal + "[admin]\nhttp = \"127.0.0.1:8025\"\n")
        let encrypted = try configuration(
            minimal + "[admin]\nhttp = \"127.0.0.1:8025\"\ncertificate = \"\(exampleCertificate)\"\n")
        for (before, after) in [(plain, encrypted), (encrypted, plain)] {
            #expect(before.changes(in: after).map(\.needsRestart) == [true])
            #expect(before.reloaded(after).http == before.http)
        }
    }

    @Test("other words of notices are a change of the file that has them")
    func template() throws {
        try withTemporaryDirectory { directory in
            let path = directory + "/bounce.txt"
            func read(_ words: String) throws -> RelayConfiguration {
                try (words + "\n{recipients}\n").write(toFile: path, atomically: true, encoding: .utf8)
                return try configuration(minimal + "[bounce]\ntemplate_file = \"\(path)\"\n")
            }
            let changes = try read("Sorry.").changes(in: read("Really sorry."))
            #expect(changes.map(\.description) == ["bounce.template_file: changed"])
        }
    }
}

@Suite("The admin socket of a relay.conf that cannot be used")
struct DamagedFileTests {
    private func socket(_ text: String) throws -> String? {
        try withTemporaryDirectory { directory in
            let path = directory + "/relay.conf"
            try text.write(toFile: path, atomically: true, encoding: .utf8)
            return RelayConfiguration.adminSocket(inDamaged: path, environment: [:])?
                .replacing(directory, with: "DIR")
        }
    }

    @Test(
        "is found whatever is wrong elsewhere",
        arguments: [
            "[admin]\nsocket = \"/run/p/a.sock\"\n[[upstream]]\nname = \"half",
            "[[upstream]]\nadress = 1\n[admin]\nsocket = \"/run/p/a.sock\"",
            "threads = \n[spool]\npath = \"/x\"\n  [admin]   # here\nsocket = '/run/p/a.sock'\n[log\n",
            "[retry]\nmax = \"1h\nmin = [\n[admin]\nsocket = \"/run/p/a.sock\"\n",
        ])
    func found(text: String) throws {
        #expect(try socket(text) == "/run/p/a.sock")
    }

    @Test("is where it is by default where only the spool is named, and nowhere where nobody can tell")
    func fallback() throws {
        #expect(try socket("[spool]\npath = \"data\"\n[log\n") == "DIR/data/admin.sock")
        #expect(try socket("[admin]\nsocket = 5\n") == nil)
        #expect(try socket("[admin]\nsocket = \"/run/p/a.so\n") == nil)
    }
}
