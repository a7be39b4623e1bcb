import Foundation

/// Mails that a client sends as fast as it can over a few connections, and the result of each.
final class Burst: Sendable {
    /// What the client knows at the end.
    struct Result: Sendable {
        /// Got a 250.
        var accepted: Set<String> = []
        /// The final dot was sent, and no reply came.
        var unknown: Set<String> = []
        /// Refused, with the reply.
        var refused: [String: String] = [:]
        var finishedSenders = 0
    }

    private let senders: Int
    private let progress = Watched(Result())

    /// Starts sending; a failed connection is not reopened.
    init(_ mails: [TestMail], to port: UInt16, connections: Int = 4) {
        senders = min(connections, max(1, mails.count))
        for number in 0..<senders {
            let part = stride(from: number, to: mails.count, by: senders).map { mails[$0] }
            let progress = progress
            Thread.detachNewThread {
                try? Self.send(part, port, progress)
                progress.change { $0.finishedSenders += 1 }
            }
        }
    }

    /// Waits until this many got a 250, or all senders are done.
    func waitForAccepted(_ count: Int, within limit: Duration = .seconds(60)) throws {
        let found = progress.wait(within: limit) { result -> Bool? in
            if result.accepted.count >= count { return true }
            return result.finishedSenders == senders ? false : nil
        }
        guard found == true else {
            throw ScenarioError("\(progress.current.accepted.count) of \(count) messages were accepted")
        }
    }

    /// Waits for all senders to finish.
    func finish(within limit: Duration = .seconds(60)) throws -> Result {
        let result = progress.wait(within: limit) { $0.finishedSenders == senders ? $0 : nil }
        guard let result else { throw ScenarioError("the senders have not ended within \(limit)") }
        return result
    }

    /// After a refusal the connection is closed, as a cautious client would do.
    private static func send(_ mails: [TestMail], _ port: UInt16, _ progress: Watched<Result>) throws {
        var rest = mails[...]
        while !rest.isEmpty {
            let connection = try SMTPConnection(port: port)
            try connection.greet()
            try send(&rest, over: connection, progress)
        }
    }

    /// Each write is one mail's content and the next one's envelope (RFC 2920 section 3.1). Returns after a refusal.
    private static func send(
        _ rest: inout ArraySlice<TestMail>, over connection: SMTPConnection, _ progress: Watched<Result>
    ) throws {
        if let first = rest.first { try connection.send(first.envelope) }
        while let mail = rest.popFirst() {
            let replies = [try connection.reply(), try connection.reply(), try connection.reply()]
            guard replies[2].hasPrefix("354 ") else {
                progress.change { $0.refused[mail.tag] = replies.first { !$0.hasPrefix("250 ") } }
                return
            }
            progress.change { $0.unknown.insert(mail.tag) }
            try connection.send(mail.wire + Array((rest.first?.envelope ?? "QUIT\r\n").utf8))
            let reply = try connection.reply()
            progress.change { result in
                result.unknown.remove(mail.tag)
                if reply.hasPrefix("250 ") {
                    result.accepted.insert(mail.tag)
                } else {
                    result.refused[mail.tag] = reply
                }
            }
        }
    }
}
