import Mailbox
import Testing

/// RFC 3501, RFC 9051, RFC 2177, RFC 4315, RFC 4959, RFC 6154.
@Suite("Sessions with IMAP servers")
struct IMAPTranscriptTests {
    @Test("a session goes as written", arguments: IMAPTranscripts.all.map(\.name))
    func whole(name: String) throws {
        let transcript = try transcript(name)
        let play = IMAPPlay()
        play.play(transcript, .none)
        #expect(play.events == transcript.events)
        #expect(play.lines == transcript.client)
    }

    @Test("the server's octets lead to the same session at every split", arguments: IMAPTranscripts.all.map(\.name))
    func everySplit(name: String) throws {
        let transcript = try transcript(name)
        for cut in [.everywhere] + (0...transcript.count).map(Transcript.Cut.at) {
            let play = IMAPPlay()
            play.play(transcript, cut)
            guard play.events == transcript.events, play.lines == transcript.client else {
                Issue.record("\(cut): \(play.events) \(play.lines)")
                return
            }
        }
    }

    private func transcript(_ name: String) throws -> Transcript {
        Transcript(try #require(IMAPTranscripts.all.first { $0.name == name }).text)
    }
}
