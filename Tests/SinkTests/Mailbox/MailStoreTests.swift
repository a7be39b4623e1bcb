import Mail
import Testing

@testable import Sink

@Suite("The mailboxes of a sink")
struct MailStoreTests {
    private static func mail(_ text: String) -> [UInt8] { Array(text.utf8) }

    @Test("have a folder for junk, and one address in any case of letters")
    func filing() {
        var store = MailStore(validity: 1)
        store.deliver(Self.mail("X-Spam-Flag: YES\r\n\r\n"), to: "A@example.net", at: IMAPTalk.noon)
        store.deliver(Self.mail("X-Spam-Flag: no\r\n\r\n"), to: "a@example.net", at: IMAPTalk.noon)
        store.deliver(Self.mail("A: 1\r\n\r\nX-Spam-Flag: YES\r\n"), to: "a@example.net", at: IMAPTalk.noon)
        #expect(store["a@EXAMPLE.net", .junk].mails.map(\.uid) == [1])
        #expect(store["a@example.net", .inbox].mails.map(\.uid) == [1, 2])
        #expect(store["b@example.net", .inbox].mails.isEmpty)
    }

    @Test("let the oldest messages of all go for new ones")
    func bounded() {
        var store = MailStore(validity: 1, limit: 800)
        let content = [UInt8](repeating: 65, count: 100)
        for number in 0..<8 { store.deliver(content, to: number.isMultiple(of: 2) ? "a" : "b", at: IMAPTalk.noon) }
        #expect(store.octets == 800)
        store.deliver(content, to: "c", at: IMAPTalk.noon)
        #expect(store.octets == 700)
        #expect(store["a", .inbox].mails.map(\.uid) == [2, 3, 4])
        #expect(store["b", .inbox].mails.map(\.uid) == [2, 3, 4])
        #expect(store["c", .inbox].mails.map(\.uid) == [1])
    }

    @Test("forget the room of what was deleted")
    func deletion() {
        var store = MailStore(validity: 1, limit: 1000)
        let content = [UInt8](repeating: 65, count: 100)
        for number: UInt32 in 1...5000 {
            store.deliver(content, to: "a", at: IMAPTalk.noon)
            store.remove([number], from: .inbox, of: "a")
        }
        #expect(store.octets == 0)
        store.deliver(content, to: "a", at: IMAPTalk.noon)
        #expect(store["a", .inbox].mails.map(\.uid) == [5001])
    }
}
