import Mail
import TestKit
import Testing

@testable import SMTP

@Suite("A recipient that the owner of a session refuses")
struct RefusedRecipientTests {
    private func driver(refusing refused: Set<String>) -> SessionDriver {
        var driver = SessionDriver()
        driver.session.asksAboutRecipients = true
        driver.refused = refused
        driver.send("EHLO client.example\r\n")
        _ = driver.take()
        return driver
    }

    @Test("is not in the envelope; the others are, with their own options")
    func neighbours() {
        var driver = driver(refusing: ["b@example.com", "c@example.com"])
        driver.send("MAIL FROM:<s@example.com>\r\n")
        driver.send("RCPT TO:<a@example.com> NOTIFY=NEVER\r\nRCPT TO:<b@example.com> NOTIFY=SUCCESS\r\n")
        driver.send("RCPT TO:<c@example.com>\r\nRCPT TO:<d@example.com> NOTIFY=FAILURE\r\n")
        #expect(
            driver.take() == [
                "250 2.1.0 Ok", "250 2.1.5 Ok", "refused b@example.com", "refused c@example.com", "250 2.1.5 Ok",
            ])
        let envelope = driver.session.envelope
        #expect(envelope.recipients.map(\.text) == ["a@example.com", "d@example.com"])
        #expect(envelope.recipientOptions.map { $0.notify ?? [] } == [[], [.failure]])
        driver.send("DATA\r\nhello\r\n.\r\n")
        #expect(driver.take() == ["354 End data with <CR><LF>.<CR><LF>", "message of 7 for 2"])
    }

    @Test("leaves no transaction without recipients behind")
    func nobody() {
        var driver = driver(refusing: ["b@example.com"])
        driver.send("MAIL FROM:<s@example.com>\r\nRCPT TO:<b@example.com>\r\nDATA\r\n")
        #expect(driver.take() == ["250 2.1.0 Ok", "refused b@example.com", "554 5.5.1 No valid recipients"])
        driver.send("RCPT TO:<a@example.com>\r\nDATA\r\nhello\r\n.\r\n")
        #expect(driver.take() == ["250 2.1.5 Ok", "354 End data with <CR><LF>.<CR><LF>", "message of 7 for 1"])
    }

    @Test("uses up no room: as many as are allowed come in behind it")
    func room() {
        var driver = driver(refusing: ["b@example.com"])
        driver.session.recipientBudget = 2
        driver.send("MAIL FROM:<s@example.com>\r\n")
        for number in 0..<2 { driver.send("RCPT TO:<b@example.com>\r\nRCPT TO:<r\(number)@example.com>\r\n") }
        #expect(driver.session.envelope.recipients.count == 2)
        #expect(driver.take().count { $0 == "refused b@example.com" } == 2)
        driver.send("RCPT TO:<more@example.com>\r\n")
        #expect(driver.take() == ["450 4.7.1 Too much in a short time, try again later"])
    }

    @Test("one named twice is asked about once, and stays accepted")
    func twice() {
        var driver = driver(refusing: [])
        driver.send("MAIL FROM:<s@example.com>\r\nRCPT TO:<a@example.com>\r\nRCPT TO:<b@example.com>\r\n")
        driver.refused = ["b@example.com"]
        driver.send("RCPT TO:<a@example.com>\r\n")
        #expect(driver.take().suffix(3) == ["250 2.1.5 Ok", "250 2.1.5 Ok", "250 2.1.5 Ok"])
        #expect(driver.session.envelope.recipients.count == 2)
    }

    @Test("without an owner who asks, nothing is asked")
    func silent() {
        var driver = SessionDriver()
        driver.refused = ["b@example.com"]
        driver.send("EHLO c.example\r\nMAIL FROM:<s@example.com>\r\nRCPT TO:<b@example.com>\r\n")
        #expect(driver.take().last == "250 2.1.5 Ok")
    }
}
