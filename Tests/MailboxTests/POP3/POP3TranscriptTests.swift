import Mailbox
import Testing

/// RFC 1939, RFC 2449, RFC 5034.
@Suite("Sessions with POP3 servers")
struct POP3TranscriptTests {
    @Test("a session goes as written", arguments: POP3Transcripts.all.map(\.name))
    func whole(name: String) throws {
        let transcript = try transcript(name)
        let play = POP3Play()
        play.play(transcript, .none)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("the server's octets lead to the same session at every split", arguments: POP3Transcripts.all.map(\.name))
    func everySplit(name: String) throws {
        let transcript = try transcript(name)
        for cut in [.everywhere] + (0...transcript.count).map(Transcript.Cut.at) {
            let play = POP3Play()
            play.play(transcript, cut)
            guard play.events == transcript.events, play.lines == transcript.client else {
                Issue.record("\(cut): \(play.events) \(play.lines)")
                return
            }
        }
    }

    private func transcript(_ name: String) throws -> Transcript {
        Transcript(try #require(POP3Transcripts.all.first { $0.name == name }).text)
    }
}
