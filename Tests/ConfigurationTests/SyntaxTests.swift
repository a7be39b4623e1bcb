import Mail
import Testing

@testable import Configuration

@Suite("Texts that are not TOML, or odd TOML")
struct SyntaxTests {
    @Test(
        "are refused with the line",
        arguments: [
            ("\n\n[spool\n", 3), ("a = \"x\n", 1), ("a = 1\na = 2\n", 2), ("[log]\n[log]\n", 2),
            ("a = 99999999999999999999\n", 1), ("a = 1e999999\n", 1), ("a = \"\\q\"\n", 1), ("a = \"\\ud800\"\n", 1),
            ("= 1\n", 1), ("a.b = 1\na = 2\n", 2), ("a\rb = 1\n", 1), ("a = [1, 2\n", 1), ("a = {b = 1\n", 1),
            ("[", 1), ("\u{7}a = 1\n", 1), ("a = \"x\nb = 30s\n", 1), ("[]", 1),
        ])
    func refused(_ text: String, _ line: Int) throws {
        let (configuration, problems) = RelayConfiguration.check(text: text, file: "f", environment: [:])
        #expect(configuration == nil)
        let problem = try #require(problems.first)
        #expect(problem.line == line, "\(problem)")
        #expect(problem.message.hasPrefix("not TOML: ") || problem.message.hasPrefix("a header has"), "\(problem)")
    }

    @Test("a header without a name", arguments: ["[=]", "[.a]", "[ü]", "[[", "[ # x", "[\n"])
    func emptyHeader(_ header: String) {
        #expect(
            problems(minimal + header) == [
                "relay.conf:5: a header has no name in its brackets; write for example [spool]"
            ])
    }

    @Test(
        "text without quotes",
        arguments: [
            ("patience =", "upstream.patience: there is no value; write one, or remove the key"),
            ("x = {a = }", "upstream.x.a: there is no value; write one, or remove the key"),
            ("x = 1 [", "upstream.x: 1 [ is not a value; put text in quotes: \"1 [\""),
            ("x = 1__0", "upstream.x: 1__0 is not a value; put text in quotes: \"1__0\""),
            ("x = 007", "upstream.x: 007 is not a value; put text in quotes: \"007\""),
            ("patience = 30s", "upstream.patience: 30s is not a value; put text in quotes: \"30s\""),
            ("tls = off # no", "upstream.tls: off is not a value; put text in quotes: \"off\""),
            ("x = [ 1,\ttwo\t]", "upstream.x: two is not a value; put text in quotes: \"two\""),
            ("x = 0x", "upstream.x: 0x is not a value; put text in quotes: \"0x\""),
            ("x = 1_", "upstream.x: 1_ is not a value; put text in quotes: \"1_\""),
            (
                "x = 1979-05-27",
                "upstream.x: 1979-05-27 is a date or a time, and no key takes one; remove it"
            ),
            (
                "x = 07:32:00",
                "upstream.x: 07:32:00 is a date or a time, and no key takes one; remove it"
            ),
        ])
    func unquoted(_ assignment: String, _ problem: String) {
        #expect(problems(minimal + assignment + "\nadress = 1\n") == ["relay.conf:5: " + problem])
    }

    @Test("values that no key accepts are refused by the key and do not crash")
    func oddValues() {
        for value in ["[[[]]]", "{}", "-0.0", "+inf", "-nan", "''", "0b1", "0xF_F", "0o7", "1_0", "1e3", "6.6_6E-1_0"] {
            let found = problems(minimal + "patience = \(value)\n")
            #expect(found.count == 1 && found[0].hasPrefix("relay.conf:5: upstream.patience: "), "\(value): \(found)")
            #expect(!found[0].contains("not a value"))
        }
        #expect(problems(minimal + "max_connections = -9223372036854775808\n").count == 1)
        #expect(problems(minimal + "max_connections = 9223372036854775807\n").count == 1)
    }

    @Test("an escaped NUL is refused, in a value and in a key", arguments: ["\\u0000", "\\U00000000"])
    func escapedNUL(_ escape: String) {
        let problem = "relay.conf:5: a string holds the character NUL; remove \\u0000"
        #expect(problems(minimal + "a = \"x\(escape)y\"\n") == [problem])
        #expect(problems(minimal + "\"x\(escape)y\" = 1\n") == [problem])
        #expect(problems(minimal + "a = '\(escape)' # \(escape)\n") != [problem])
    }

    @Test("unbounded nesting is refused before it can exhaust the stack")
    func deep() {
        let problem = ["relay.conf:1: not a relay.conf: nested too deeply"]
        #expect(problems(String(repeating: "a.", count: 200_000) + "a = 1") == problem)
        #expect(problems("[" + String(repeating: "a.", count: 200_000) + "a]\nb = ") == problem)
        #expect(problems("a = " + String(repeating: "[", count: 200_000)) == problem)
        #expect(problems("a = " + String(repeating: "{b=", count: 200_000)) == problem)
    }

    @Test("no truncation and no changed octet makes the reader fail")
    func mutations() {
        let replacements = Array(
            "\"'[]{}.=,#\n\r\\auUxobeETZ:+-_0179 \u{1}\u{B}\u{C}ü\u{85}\u{A0}\u{2028}\u{FEFF}".utf8)
        let bytes = Array((minimal + variety).utf8)
        var random = SplitMix64(seed: 2026)
        for _ in 0..<500 {
            var mutant = Array(bytes[..<Int.random(in: 1...bytes.count, using: &random)])
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<mutant.count, using: &random)
                mutant[position] = replacements.randomElement(using: &random) ?? 0x22
            }
            let text = String(decoding: mutant, as: UTF8.self)
            let (configuration, found) = RelayConfiguration.check(text: text, file: "f", environment: [:])
            #expect((configuration == nil) == found.hasErrors)
            let lines = text.utf8.count { $0 == UInt8(ascii: "\n") } + 1
            #expect(found.allSatisfy { (1...lines + 1).contains($0.line ?? 1) }, "\(text)")
        }
    }

    /// Every kind of TOML value.
    private let variety = #"""
        patience = "1\u00e9\t\"\x" # comment
        connect_timeout = """
        a\
          b"""
        data_timeout = '''x'y'''
        a.b."c d".'e' = [1, 0x1F, 0o17, 0b01, 1_000, +1.5e+10, -inf, nan, true, false]
        t = "2026-11-21T22:19:19.123456+02:00"
        d = ["2026-11-21", "07:32:00", 1]
        n = { x = 1, y = { z = [ { w = "" } ] } }
        [spool]
        min_free_space = "1GiB"
        [[listener]]
        address = "[::1]:2525"
        allow = ["10.0.0.0/8",
          "::1", # comment
        ]
        [[listener.deep.er]]
        ["quoted"."header"]
        """#
}
