import Foundation
import Testing

@testable import Configuration

@Suite("What another reading of relay.conf changes")
struct SnapshotTests {
    private func changes(_ before: String, _ after: String) throws -> [String] {
        let snapshots = try [before, after].map {
            ConfigurationSnapshot(try configuration($0, environment: KeyCase.environment))
        }
        return snapshots[0].changes(in: snapshots[1])
    }

    @Test(
        "every key is named where its value is another one", arguments: KeyCase.all.filter { $0.fallback != "required" }
    )
    func everyKey(_ test: KeyCase) throws {
        let (plain, good) = (test.document(with: nil).text, test.document(with: test.good.toml).text)
        let changed = try changes(plain, good)
        // A listener is identified by its address.
        let name = test.section == "upstream.rule" ? "rule" : test.path == "listener.address" ? "added" : test.key
        #expect(changed.contains { $0.contains(name) }, "\(changed)")
        #expect(try changes(plain, plain) == [])
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

    @Test("what was added, removed, reordered and changed is told by name")
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
        #expect(
            try changes(two, swapped) == [
                "listener 127.0.0.1:2525: removed", "listener 127.0.0.1:2526: added", "retry.max",
                "upstream b: address, max_connections", "upstream c: added", "upstream: order",
            ])
    }

    @Test("a secret that changes is named and not shown")
    func secret() throws {
        func text(_ name: String) -> String {
            minimal + "tls = \"starttls\"\nusername = \"u\"\npassword = \"${\(name)}\"\n"
        }
        let environment = ["ONE": "first-secret", "TWO": "second-secret"]
        let snapshots = try ["ONE", "TWO"].map {
            ConfigurationSnapshot(try configuration(text($0), environment: environment))
        }
        #expect(snapshots[0].changes(in: snapshots[1]) == ["upstream primary: password"])
        #expect(!"\(snapshots)".contains("-secret"))
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
