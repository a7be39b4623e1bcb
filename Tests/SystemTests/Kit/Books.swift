import Foundation
import Testing

/// What the client, the sinks and the queue know of the same messages, for comparison.
struct Books {
    var accepted: Set<String>
    var unknown: Set<String> = []
    /// How often each tag was accepted, by all sinks.
    var taken: [String: Int] = [:]
    /// Queue state by tag.
    var queued: [String: String] = [:]

    /// - Parameters:
    ///   - relay: no longer changing: stopped, or idle.
    init(_ sent: Burst.Result, sinks: [Sink], relay: Relay) throws {
        accepted = sent.accepted
        unknown = sent.unknown
        for line in try sinks.flatMap({ try $0.books() }) {
            for recipient in line.recipients { taken[Self.tag(recipient), default: 0] += 1 }
        }
        for line in try relay.queue() {
            for recipient in line.recipients { queued[Self.tag(recipient.address)] = recipient.state }
        }
    }

    private static func tag(_ address: String) -> String {
        String(address.prefix { $0 != "@" })
    }

    /// Every message with a 250 is delivered, in doubt or queued; none was delivered twice, and none is delivered and
    /// still queued.
    func checkAtMostOnce(sourceLocation: SourceLocation = #_sourceLocation) {
        checkNothingLost(sourceLocation: sourceLocation)
        let twice = taken.filter { $0.value > 1 }.keys.sorted()
        #expect(twice.isEmpty, "taken more than once: \(twice.prefix(5))", sourceLocation: sourceLocation)
        let both = queued.filter { taken[$0.key] != nil && $0.value != "in_doubt" }.keys.sorted()
        #expect(both.isEmpty, "taken and still queued: \(both.prefix(5))", sourceLocation: sourceLocation)
    }

    /// Every message with a 250 is delivered, in doubt or queued; and none came from nowhere.
    func checkNothingLost(sourceLocation: SourceLocation = #_sourceLocation) {
        let lost = accepted.filter { taken[$0] == nil && queued[$0] == nil }.sorted()
        #expect(lost.isEmpty, "\(lost.count) lost: \(lost.prefix(5))", sourceLocation: sourceLocation)
        let strange = Set(taken.keys).union(queued.keys).subtracting(accepted).subtracting(unknown)
        #expect(strange.isEmpty, "never sent: \(strange.prefix(5))", sourceLocation: sourceLocation)
    }

    /// Every message with a 250 was accepted exactly once, and nothing is left.
    func checkExactlyOnce(sourceLocation: SourceLocation = #_sourceLocation) {
        checkAtMostOnce(sourceLocation: sourceLocation)
        let untaken = accepted.subtracting(taken.keys).sorted()
        #expect(untaken.isEmpty, "\(untaken.count) not delivered: \(untaken.prefix(5))", sourceLocation: sourceLocation)
        #expect(queued.isEmpty, "left in the queue: \(queued.prefix(5))", sourceLocation: sourceLocation)
    }
}

extension Sink {
    /// Compares what was accepted with what was sent, octet by octet, apart from the relay's two fields.
    func checkContent(of mails: [TestMail], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let sent = Dictionary(uniqueKeysWithValues: mails.map { ($0.recipient, $0) })
        for line in try books() {
            let mail = try #require(sent[line.recipients[0]], sourceLocation: sourceLocation)
            let expected = mail.content
            let content = try content(of: line)
            let isSame = content.suffix(expected.count) == Data(expected)
            #expect(isSame, "\(mail.tag) has changed", sourceLocation: sourceLocation)
            let header = String(decoding: content.dropLast(expected.count), as: UTF8.self)
            #expect(header.hasPrefix("X-Posthorse-ID: \(line.queue_id ?? "-")\r\nReceived: from "))
            #expect(header.hasSuffix(" +0000\r\n") && !header.contains("\r\n\r\n"), sourceLocation: sourceLocation)
        }
    }
}
