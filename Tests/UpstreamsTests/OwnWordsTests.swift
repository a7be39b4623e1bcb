import Mail
import Testing
import Upstreams

@Suite("The relay's own words")
struct OwnWordsTests {
    @Test("are marked, and can be told from a reply")
    func mark() throws {
        let text = OwnWords.mark(try #require(Reply(parsing: "553 5.6.7 ses does not accept this address (SMTPUTF8)")))
        #expect(text == "not sent: 553 5.6.7 ses does not accept this address (SMTPUTF8)")
        #expect(OwnWords.unmark(text) == "553 5.6.7 ses does not accept this address (SMTPUTF8)")
        #expect(OwnWords.unmark("554 5.6.0 Message not sent: it has no header") == nil)
    }
}
