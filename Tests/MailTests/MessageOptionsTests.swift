import Mail
import Testing

@Suite("Message options")
struct MessageOptionsTests {
    /// RFC 3461 sections 4.3 and 4.4, RFC 6531 section 3.4.
    @Test(
        "are written as parameters and read back",
        arguments: [
            "", "SMTPUTF8", "SMTPUTF8 X-UTF8-HEADER", "REQUIRETLS", "MT-PRIORITY=-9", "RET=FULL ENVID=QQ314159",
            "SMTPUTF8 REQUIRETLS MT-PRIORITY=4 RET=HDRS ENVID=a+3Db",
        ])
    func ofMail(text: String) throws {
        #expect(try #require(MessageOptions(parameters: text)).parameters == text)
    }

    @Test(
        "are refused if malformed",
        arguments: ["X", "MT-PRIORITY=10", "MT-PRIORITY", "RET=half", "ENVID="])
    func notOfMail(text: String) {
        #expect(MessageOptions(parameters: text) == nil)
    }

    /// RFC 3461 sections 4.1 and 4.2.
    @Test(
        "are written as parameters of RCPT and read back",
        arguments: [
            "", "NOTIFY=NEVER", "NOTIFY=SUCCESS,FAILURE,DELAY", "ORCPT=rfc822;a@x", "NOTIFY=DELAY ORCPT=utf-8;ü@x",
        ])
    func ofRecipient(text: String) throws {
        #expect(try #require(RecipientOptions(parameters: text)).parameters == text)
    }

    @Test("NEVER stands alone", arguments: ["NEVER,FAILURE", "", "SUCCESS,", "NOW"])
    func notify(text: String) {
        #expect(RecipientOptions.Notify(text: text) == nil)
    }
}
