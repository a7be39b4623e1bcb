import Delivery
import Ingress
import SASL
import Spool
import Testing

@testable import Configuration

@Suite("Environment variables in strings")
struct EnvironmentTests {
    private let environment = ["HOST": "mx", "PORT": "2526", "EMPTY": "", "NET": "10.0.0.0/8", "SECRET": "hunter2"]

    @Test("are replaced, several per string and in lists too")
    func replaced() throws {
        let text = """
            hostname = "relay.test"
            [[upstream]]
            name = "a${EMPTY}"
            address = "${HOST}.test:${PORT}"
            [[listener]]
            allow = ["${NET}", "192.0.2.0/24"]
            """
        let configuration = try configuration(text, environment: environment)
        #expect(configuration.delivery.upstreams[0].address == HostAndPort(host: "mx.test", port: 2526))
        #expect(configuration.delivery.upstreams[0].name == "a")
        #expect(configuration.ingress.listeners[0].allow == ["10.0.0.0/8", "192.0.2.0/24"])
    }

    @Test("lose trailing line ends of the variable's value")
    func lineEnds() throws {
        let text = minimal + "username = \"relay\"\nauth_without_tls = true\npassword = \"${SECRET}\"\n"
        let settings = try configuration(text, environment: ["SECRET": "hunter2\r\n\n"]).delivery.upstreams[0]
        #expect(settings.password == .password(Array("hunter2".utf8)))
        #expect(problems(text, environment: ["SECRET": "\n"]).contains { $0.contains("is not a password") })
    }

    @Test("a lone dollar sign stays, and values are not expanded again")
    func literal() throws {
        let text = minimal + "[spool]\npath = \"/a$b/$$/${LOOP}\"\n"
        #expect(try configuration(text, environment: ["LOOP": "${LOOP}"]).spool.path == "/a$b/$$/${LOOP}")
    }

    @Test(
        "are errors if malformed",
        arguments: [
            (
                "${NOPE}/x",
                "\"${NOPE}/x\" uses the environment variable NOPE, which is not set; set NOPE or write the value itself"
            ),
            ("${HOST", "\"${HOST\" has \"${\" without \"}\"; write \"${NAME}\" for an environment variable"),
            (
                "${}",
                "\"${}\" has no environment variable name in its braces; write for example \"${RELAY_NAME}\""
            ),
            (
                "${1A}",
                "\"${1A}\" has no environment variable name in its braces; write for example \"${RELAY_NAME}\""
            ),
            (
                "${A B}",
                "\"${A B}\" has no environment variable name in its braces; write for example \"${RELAY_NAME}\""
            ),
        ])
    func wrong(_ value: String, _ problem: String) {
        #expect(
            problems(minimal + "[spool]\npath = \"\(value)\"\n", environment: environment) == [
                "relay.conf:6: spool.path: " + problem
            ])
    }

    @Test("their values are not shown in problems")
    func notPrinted() {
        let found = problems(
            minimal + "[[upstream]]\nname = \"b\"\naddress = \"${SECRET}\"\n", environment: environment)
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.contains("${SECRET}") && !$0.contains("hunter2") })
    }

    @Test("their values are not shown where a name is unknown, or taken already")
    func notPrintedAcrossKeys() {
        let route = "[[route]]\nname = \"r\"\nupstreams = [\"primary\", \"${SECRET}\"]\n"
        let user = "[[user]]\nname = \"${SECRET}\"\npassword_hash = \"\(exampleHash)\"\n"
        let found = problems(minimal + route + user + user, environment: environment)
        #expect(found.contains { $0.contains("there is no upstream \"${SECRET}\"") })
        #expect(found.contains { $0.contains("\"${SECRET}\" is already used") })
        #expect(found.allSatisfy { !$0.contains("hunter2") })
    }

    @Test("an unset variable of a secret gets no advice to write the value itself")
    func missingSecret() {
        let found = problems(minimal + "username = \"relay\"\npassword = \"x${NOPE}\"\n", environment: environment)
        #expect(
            found == [
                "relay.conf:6: upstream.password: the value uses the environment variable NOPE, which is not set; "
                    + "set NOPE or use password_file"
            ])
    }

    @Test("problems tell which variables are missing")
    func unsetVariables() {
        func names(_ text: String) -> [String?] {
            RelayConfiguration.check(text: text, file: "relay.conf", environment: environment).problems
                .map(\.unsetVariable)
        }
        #expect(names(minimal + "username = \"${WHO}\"\npassword = \"x${NOPE}\"\n") == ["WHO", "NOPE"])
        #expect(names(minimal + "weight = \", which is not set\"\n") == [nil])
    }
}
