import Mail
import Notices
import Testing

@Suite("The template of a notice")
struct NoticeTemplateTests {
    private func text(_ template: String) throws -> String {
        var sample = Sample()
        sample.settings.template = try NoticeTemplate(template)
        let part = sample.text.split(separator: "Content-Transfer-Encoding: 7bit\n\n")[1]
        return String(part.prefix(upTo: try #require(part.firstRange(of: "\n--=_")).lowerBound))
    }

    @Test("Every placeholder is replaced")
    func placeholders() throws {
        let template = NoticeTemplate.Placeholder.allCases.map { "\($0.rawValue): {\($0.rawValue)}\n" }.joined()
        let text = try text(template)
        #expect(text.contains("summary: Your message could not be delivered to the recipients below.\n"))
        #expect(text.contains("recipients: <bob@example.net>\n    There is no such mailbox or domain.\n"))
        #expect(text.contains("returned: The header of the message is attached.\n"))
        #expect(text.contains("kind: failure\nsender: <alice@example.org>\nhostname: relay.example\n"))
        #expect(text.contains("postmaster: postmaster@relay.example\nqueue_id: 0ABCDEFGHJKMN\n"))
        #expect(text.contains("message_id: <1@example.org>\nreceived_at: Sun, 29 Nov 2026 09:00:00 +0000\n"))
    }

    @Test("Two braces are one, and a brace without a name is itself")
    func braces() throws {
        #expect(try text("{{kind} {} { kind } {\r\n}") == "{kind} {} { kind } {\n}\n")
    }

    @Test("A placeholder without its closing brace is a problem, and so is each further one")
    func open() {
        let problems = #expect(throws: NoticeTemplate.Problems.self) {
            try NoticeTemplate("{kind\n}{recipients }\n{foo}")
        }
        #expect(problems?.all.map(\.line) == [1, 2, 3])
        #expect(problems?.all.map(\.isOpen) == [true, true, false])
        #expect(problems?.all.first?.description == "line 1: {kind without a closing brace; write {{ for a brace")
    }

    @Test("It is known whether the reader learns whom it is about")
    func recipients() throws {
        #expect(try NoticeTemplate("{summary} {recipients}").namesRecipients)
        #expect(try !NoticeTemplate("{summary} {{recipients}").namesRecipients)
    }

    @Test("Placeholders are not read in what replaces them")
    func once() throws {
        var sample = Sample()
        sample.facts.recipients[0].reply = "550 {kind}"
        #expect(sample.text.contains("The server ses replied: 550 {kind}\n"))
    }

    @Test("Unknown placeholders are all reported, with their lines")
    func unknown() {
        let problems = #expect(throws: NoticeTemplate.Problems.self) {
            try NoticeTemplate("{kind}{Kind}\r\n\r\n{a} {b_1}\n")
        }
        #expect(problems?.all.map(\.line) == [1, 3, 3])
        #expect(problems?.all.map(\.name) == ["Kind", "a", "b_1"])
        #expect(
            problems?.all.first?.description.hasPrefix("line 1: unknown placeholder {Kind}; there are {summary},")
                == true)
    }

    @Test("The standard text is what is used without a template")
    func standard() throws {
        var sample = Sample()
        let text = sample.text
        sample.settings.template = try NoticeTemplate(NoticeTemplate.standardText)
        #expect(sample.text == text)
    }

    @Test("A text beyond ASCII is encoded as UTF-8")
    func unicode() throws {
        var sample = Sample()
        sample.settings.template = try NoticeTemplate("Gr\u{FC}\u{DF}e\n")
        #expect(sample.text.contains("charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nGr=C3=BC=C3=9Fe\n"))
        #expect(sample.notice.body == .sevenBit)
    }

    @Test("An empty template is an empty text, and the report still tells")
    func empty() throws {
        var sample = Sample()
        sample.settings.template = try NoticeTemplate("")
        #expect(sample.text.contains("Final-Recipient: rfc822; bob@example.net\n"))
    }
}
