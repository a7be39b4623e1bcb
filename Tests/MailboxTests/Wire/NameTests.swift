import Mail
import Mailbox
import TestKit
import Testing

/// RFC 3501 section 5.1.3; RFC 9051 section 5.1; RFC 6154.
@Suite("Names of folders")
struct NameTests {
    @Test(
        "modified UTF-7",
        arguments: [
            ("INBOX", "INBOX"), ("Entwürfe", "Entw&APw-rfe"), ("R&D", "R&-D"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("☺!", "&Jjo-!"), ("Отправленные", "&BB4EQgQ,BEAEMAQyBDsENQQ9BD0ESwQ1-"), ("😀", "&2D3eAA-"), ("", ""),
            ("&", "&-"), ("a\tb", "a&AAk-b"),
        ])
    func names(name: String, wire: String) {
        #expect(String(decoding: ModifiedUTF7.encode(name), as: UTF8.self) == wire)
        #expect(ModifiedUTF7.decode(wire.utf8) == name)
    }

    @Test(
        "what is no modified UTF-7",
        arguments: ["&", "&AP", "Entwürfe", "&A-", "&2D0-", "&APx-", "&APw=-", "a\u{1}", "&AP,-", "&AAAA-x&"])
    func invalid(wire: String) {
        #expect(ModifiedUTF7.decode(wire.utf8) == nil)
    }

    @Test("any name survives the way to the wire and back", arguments: 0..<20)
    func roundTrip(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var name = String.UnicodeScalarView()
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                let limit: UInt32 = [0x80, 0x800, 0x10000, 0x110000].randomElement(using: &generator)!
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &generator)) { name.append(scalar) }
            }
            let wire = ModifiedUTF7.encode(String(name))
            #expect(wire.allSatisfy { (0x20...0x7E).contains($0) })
            #expect(ModifiedUTF7.decode(wire).map { Array($0.unicodeScalars) } == Array(name), "seed \(seed)")
        }
    }

    @Test("names that are not encoded are shown as they are, and go back as they came")
    func raw() {
        let play = IMAPPlay()
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
        play.act(["list"])
        play.receive(
            "* LIST () \"/\" \"Entwürfe\"\r\n* LIST (\\Noselect) NIL &\r\n* LIST () \"/\" inBOX\r\nA1 OK done\r\n")
        #expect(play.events.last == "folders Entwürfe, &!, INBOX=inbox")
    }

    @Test(
        "junk is found by its name only where the server names none",
        arguments: [
            ("* LIST () \".\" INBOX.Spam\r\n", "INBOX.Spam=junk?"),
            ("* LIST () \"/\" \"Junk E-mail\"\r\n", "Junk E-mail=junk?"),
            ("* LIST (\\Noselect) \"/\" Junk\r\n", "Junk!"),
            ("* LIST () \"/\" Spam\r\n* LIST (\\Junk) \"/\" Other\r\n", "Spam, Other=junk"),
            ("* LIST () NIL Spam\r\n* LIST () NIL Junk\r\n", "Spam=junk?, Junk"),
        ])
    func junk(lines: String, folders: String) {
        let play = IMAPPlay()
        play.receive("* PREAUTH [CAPABILITY IMAP4rev1] hi\r\n")
        play.act(["list"])
        play.receive("\(lines)A1 OK done\r\n")
        #expect(play.events.last == "folders \(folders)")
    }
}
