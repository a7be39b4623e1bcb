import Foundation
import Testing

@testable import Configuration

@Suite("Problems of relay.conf say where, what, and how to fix it")
struct ProblemTests {
    @Test("are reported all at once, by line")
    func allAtOnce() {
        let text = """
            hostnam = "relay.test"
            threads = "two"

            [[upstream]]
            name = "a"
            adress = "mx.test:25"
            patience = 800   # no unit

            [spool]
            max-bytes = "50"
            """
        #expect(
            problems(text).filter { !$0.contains("warning") } == [
                "relay.conf:1: hostnam: unknown key; did you mean \"hostname\"?",
                "relay.conf:2: threads: \"two\" is not a whole number; write a whole number from 1 to 1024",
                "relay.conf:4: upstream.address: missing; write for example address = \"smtp.example.com:25\"",
                "relay.conf:6: upstream.adress: unknown key; did you mean \"address\"?",
                "relay.conf:7: upstream.patience: 800 has no unit; "
                    + "write \"800s\" for seconds or \"800ms\" for milliseconds",
                "relay.conf:10: spool.max-bytes: unknown key; did you mean \"max_bytes\"?",
            ])
    }

    @Test(
        "unknown names are explained",
        arguments: [
            ("[spool]\nretention = \"3d\"", "6: spool.retention: not supported in this version; remove it"),
            ("[spool]\nretention = \"3d\"", "6: spool.retention: not supported in this version; remove it"),
            (
                "[[upstream.rules]]\nmatch = \"x\"",
                "5: upstream.rules: unknown key; did you mean \"[[upstream.rule]]\"?"
            ),
            ("[[rule]]\nmatch = \"x\"", "5: rule: unknown key; did you mean \"[[upstream.rule]]\"?"),
            (
                "[[upstream.rule]]\nmatch = \"x\"\nscope = \"message\"\naction = \"fail\"\nscop = \"x\"",
                "9: upstream.rule.scop: unknown key; did you mean \"scope\"?"
            ),
            (
                "[health]\nmatch = \"x\"",
                "6: health.match: unknown key; it belongs in [[rewrite]] or in [[upstream.rule]]"
            ),
            ("[[routes]]\nname = \"x\"", "5: routes: unknown key; did you mean \"[[route]]\"?"),
            ("[[upstreams]]\nname = \"x\"", "5: upstreams: unknown key; did you mean \"[[upstream]]\"?"),
            ("[spol]\npath = \"/x\"", "5: spol: unknown key; did you mean \"[spool]\"?"),
            ("[spool]\npatience = \"1s\"", "6: spool.patience: unknown key; it belongs in [[upstream]]"),
            ("[spool]\nthreads = 1", "6: spool.threads: unknown key; it belongs before the first table"),
            ("[log]\ncolour = true", "6: log.colour: unknown key; known here: level, format"),
            ("user = \"relay\"", "5: upstream.user: unknown key; did you mean \"username\"?"),
            (
                "pass = \"x\"",
                "5: upstream.pass: unknown key; did you mean \"password\", \"password_file\" or \"password_credential\"?"
            ),
            ("host = \"x\"", "5: upstream.host: unknown key; did you mean \"address\"?"),
            ("hostname = \"x\"", "5: upstream.hostname: unknown key; did you mean \"address\"?"),
            ("starttls = true", "5: upstream.starttls: unknown key; did you mean \"tls\"?"),
            ("tls_mode = \"off\"", "5: upstream.tls_mode: unknown key; did you mean \"tls\"?"),
            (
                "timeout = \"1s\"",
                "5: upstream.timeout: unknown key; did you mean \"data_timeout\", \"idle_timeout\", "
                    + "\"command_timeout\" or \"connect_timeout\"?"
            ),
            ("[[listener]]\nkey = \"/x\"", "6: listener.key: unknown key; did you mean \"private_key\"?"),
            ("[[listener]]\ncert = \"/x\"", "6: listener.cert: unknown key; did you mean \"certificate\"?"),
            ("[[listener]]\nport = 25", "6: listener.port: unknown key; did you mean \"address\"?"),
            ("[logging]\nlevel = \"debug\"", "5: logging: unknown key; did you mean \"[log]\"?"),
            ("[[smarthost]]\nname = \"x\"", "5: smarthost: unknown key; did you mean \"[[upstream]]\"?"),
            (
                "[retry]\nmax_connections = 3",
                "6: retry.max_connections: unknown key; it belongs in [[listener]], in [[upstream]] or in [[pace]]"
            ),
            ("[[listener]]\nmaxErrors = 3", "6: listener.maxErrors: unknown key; did you mean \"max_errors\"?"),
        ])
    func unknownNames(_ addition: String, _ problem: String) {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
    }

    @Test(
        "a misspelt address gets a suggestion although the key is then missing",
        arguments: ["adres", "adress", "addres", "addr", "Address", "server"])
    func address(_ word: String) {
        let text = "hostname = \"relay.test\"\n[[upstream]]\nname = \"a\"\n\(word) = \"mx.test:25\"\n"
        #expect(
            problems(text).contains("relay.conf:4: upstream.\(word): unknown key; did you mean \"address\"?"))
    }

    @Test(
        "every invalid element of a list is named",
        arguments: [
            (
                "[[listener]]\nallow = [\"10.0.0.0/33\", \"10.0.0.0/8\",\n\"elsewhere\", 7]",
                ["6: listener.allow", "7: listener.allow", "7: listener.allow"]
            ),
            ("[recovery]\nramp_steps = [0, 10, 5, 120]", ["6", "6", "6"].map { "\($0): recovery.ramp_steps" }),
            (
                "[[route]]\nname = \"r\"\nupstreams = [\"a b\", \"primary\", \"primary\",\n\"none\"]",
                ["7: route.upstreams", "7: route.upstreams"]
            ),
            (
                "[[listener]]\ncertificate = [\"\", 7]",
                ["6: listener.certificate", "6: listener.certificate"]
            ),
            (
                "[[listener]]\nallow = [\"${NOPE}\", \"elsewhere\", \"${NEITHER}\"]",
                ["6: listener.allow", "6: listener.allow", "6: listener.allow"]
            ),
        ])
    func lists(_ addition: String, _ places: [String]) {
        let found = problems(minimal + addition).filter { !$0.contains("warning") }
        #expect(found.count == places.count, "\(found)")
        for (problem, place) in zip(found, places) { #expect(problem.hasPrefix("relay.conf:\(place): ")) }
        #expect(Set(found).count == found.count, "\(found)")
    }

    @Test(
        "tables of the wrong shape are explained",
        arguments: [
            ("[[spool]]\npath = \"/x\"", "5: spool: may occur only once; write [spool] and its keys below"),
            (
                "rule = \"554\"",
                "5: upstream.rule: is a list of tables; write [[upstream.rule]] and the keys of each below"
            ),
            ("rule = [554]", "5: upstream.rule: 554 is not a table; write [[upstream.rule]]"),
            ("[listener]\n", "5: listener: is a list of tables; write [[listener]] and the keys of each below"),
            (
                "[log.level]\n",
                "5: log.level: a table is not a valid value; write \"debug\", \"info\", \"notice\", "
                    + "\"warning\" or \"error\""
            ),
        ])
    func shapes(_ addition: String, _ problem: String) {
        #expect(problems(minimal + addition) == ["relay.conf:" + problem])
    }

    @Test("scalars in place of tables are explained")
    func scalars() {
        let text = "hostname = \"relay.test\"\nspool = 5\nlistener = [1]\nupstream = \"mx.test:25\"\n"
        #expect(
            problems(text) == [
                "relay.conf:2: spool: is a table, not a value; write [spool] and its keys below",
                "relay.conf:3: listener: 1 is not a table; write [[listener]]",
                "relay.conf:4: upstream: is a list of tables; write [[upstream]] and the keys of each below",
            ])
    }

    @Test("a relay without an upstream is refused, with an empty list too", arguments: ["", "upstream = []"])
    func noUpstream(_ addition: String) {
        let found = RelayConfiguration.check(
            text: "hostname = \"relay.test\"\n" + addition, file: "relay.conf", environment: [:])
        #expect(found.configuration == nil)
        #expect(found.problems.map(\.key) == ["upstream"])
        #expect(found.problems.map(\.message) == ["missing"])
    }

    @Test("the second element of a list of tables has its own line, in every notation")
    func secondElement() {
        let text = minimal + "[[upstream]]\nname = \"b\"\naddress = \"b\"\n[[listener]]\n[[listener]]\nmax_errors = 0\n"
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:7: upstream.address: \"b\" has no port",
                "relay.conf:9: listener.address: \"127.0.0.1:2525\" is already used on line 8",
                "relay.conf:10: listener.max_errors: 0 is too small",
            ])
    }

    @Test("nested tables have their own lines, all at once, in every notation")
    func inside() {
        let text =
            minimal + """
                [[upstream.rule]]
                match = "a"
                scope = "acount"
                [[upstream]]
                name = "b"
                address = "b.test:25"
                [[upstream.rule]]
                match = 5
                scope = "account"
                action = "failover"
                [[upstream.rule]]
                colour = "red"
                [[upstream]]
                name = "c"
                address = "c.test:25"
                rule = [
                    { match = "x", scope = "account", action = "retry" },
                    { match = "y", scope = "account", actoin = "retry" },
                ]

                """
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ";" }) } == [
                "relay.conf:5: upstream.rule.action: missing",
                "relay.conf:7: upstream.rule.scope: \"acount\" is not a valid value",
                "relay.conf:12: upstream.rule.match: 5 is not a string",
                "relay.conf:15: upstream.rule.match: missing", "relay.conf:15: upstream.rule.scope: missing",
                "relay.conf:15: upstream.rule.action: missing", "relay.conf:16: upstream.rule.colour: unknown key",
                "relay.conf:22: upstream.rule.action: missing", "relay.conf:22: upstream.rule.actoin: unknown key",
            ])
    }

    @Test("can be encoded as JSON")
    func json() throws {
        let problem = ConfigurationProblem(
            .warning, file: "relay.conf", line: 3, key: "spool.path", message: "odd", remedy: "change it")
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(problem), as: UTF8.self)
        #expect(
            text == #"{"file":"relay.conf","key":"spool.path","line":3,"message":"odd","remedy":"change it","#
                + #""severity":"warning"}"#)
        #expect(problem.description == "relay.conf:3: warning: spool.path: odd; change it")
    }
}
