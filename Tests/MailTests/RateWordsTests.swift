import Mail
import Testing

@Suite("A rate in words")
struct RateWordsTests {
    @Test(
        "has the largest unit that shows it",
        arguments: [
            (13, "13 messages a second"), (9.96, "10 messages a second"), (2.5, "2.5 messages a second"),
            (1, "1 message a second"), (0.5, "30 messages a minute"), (1.0 / 60, "1 message a minute"),
            (10.0 / 3600, "10 messages an hour"), (10.0 / 86_400, "10 messages a day"),
            (0.1 / 86_400, "0.1 messages a day"), (1000, "1000 messages a second"),
        ] as [(Double, String)])
    func words(rate: Double, words: String) {
        #expect(Rate.words(messagesPerSecond: rate) == words)
    }
}
