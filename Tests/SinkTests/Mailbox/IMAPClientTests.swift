import Mail
import Mailbox
import Testing

@testable import Sink

/// The relay's client and the sink's server, which share no code, in conversation.
private final class Conversation {
    var talk = IMAPTalk()
    var client = IMAPClient(
        IMAPSettings(security: MailboxSecurity(tls: .off, authenticatesInClear: true)), now: .zero)
    var events: [IMAPEvent] = []

    func begin() {
        var out: [UInt8] = []
        events = client.received(talk.session.greeting, now: .zero, into: &out)
        exchange(out)
        out = []
        events += client.login(
            username: IMAPTalk.user, password: Array("sesame".utf8), now: .zero, into: &out)
        exchange(out)
    }

    func ask(_ request: IMAPRequest) -> [IMAPEvent] {
        var out: [UInt8] = []
        events = client.start(request, now: .zero, into: &out)
        exchange(out)
        return events
    }

    /// Until nobody has anything to say.
    func exchange(_ first: [UInt8]) {
        var out = first
        while !out.isEmpty {
            let answer = talk.received(out)
            out = []
            events += client.received(answer, now: .zero, into: &out)
        }
    }
}

@Suite("The relay's IMAP client with a sink's mailboxes")
struct IMAPClientTests {
    @Test("finds a message, reads its header, and deletes it")
    func wholeWay() throws {
        let conversation = Conversation()
        conversation.talk.deliver("X-Probe: tok-1\nReceived: from a\n by b; now\n\nx\n")
        conversation.talk.deliver("X-Spam-Flag: YES\nX-Probe: tok-2\n\nx\n")
        conversation.begin()
        guard case .folders(let folders) = conversation.ask(.listFolders).last else {
            Issue.record("no folders")
            return
        }
        let junk = try #require(folders[.junk])
        #expect(junk.name == "Junk" && !junk.isUseGuessed)
        for folder in [try #require(folders[.inbox]), junk] {
            guard case .opened(let open) = conversation.ask(.open(folder)).last else {
                Issue.record("\(folder.name) was not opened")
                return
            }
            #expect(open.isReadOnly && open.validity == 7)
            let search = MessageSearch(field: "X-Probe", value: "tok", since: IMAPTalk.noon)
            guard case .found([1], isCut: false) = conversation.ask(.search(search)).last else {
                Issue.record("\(conversation.events)")
                return
            }
            guard case .message(let message) = conversation.ask(.fetch([1], fields: nil)).first else {
                Issue.record("no message")
                return
            }
            #expect(message.internalDate == IMAPTalk.noon)
            #expect(String(decoding: message.header, as: UTF8.self).contains("X-Probe: tok-"))
            guard case .deleted(_, isExpunged: true) = conversation.ask(.delete([message.key])).last else {
                Issue.record("not deleted")
                return
            }
        }
        #expect(conversation.talk.store.octets == 0)
    }

    @Test("hears of mail while it is idle")
    func idle() {
        let conversation = Conversation()
        conversation.begin()
        _ = conversation.ask(.listFolders)
        guard case .folders(let folders) = conversation.events.last, let inbox = folders[.inbox] else {
            Issue.record("no inbox")
            return
        }
        _ = conversation.ask(.open(inbox))
        var out: [UInt8] = []
        conversation.events = conversation.client.watch(now: .zero, into: &out)
        conversation.exchange(out)
        guard case .watching(isIdle: true) = conversation.events.last else {
            Issue.record("not idle")
            return
        }
        conversation.talk.deliver("A: 1\n\n")
        let news = conversation.talk.session.mailboxChanged(conversation.talk.store)
        guard case .news = conversation.client.received(news, now: .zero, into: &out).last else {
            Issue.record("no news")
            return
        }
        guard case .found([1], isCut: false) = conversation.ask(.search(MessageSearch(field: nil, value: ""))).last
        else {
            Issue.record("not found")
            return
        }
    }
}
