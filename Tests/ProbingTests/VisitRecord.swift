import Delivery
import Mail
import Mailbox
import NIOCore
import NIOPosix
import OAuth
import SASL

@testable import Probing

/// A mailbox that is visited, and what its visitor reports, as a stream of words.
final class VisitRecord: Sendable {
    let visitor: MailboxVisitor
    private let reports: AsyncStream<String>

    init(_ account: MailboxAccount, tokens: any TokenSource = NoTokenSource()) {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        reports = stream
        let means = VisitMeans(
            eventLoop: MultiThreadedEventLoopGroup.singleton.any(),
            steady: { Timestamp(milliseconds: Int64(NIODeadline.now().uptimeNanoseconds / 1_000_000)) },
            wall: { Timestamp(milliseconds: 1_796_000_000_000) }, tokens: tokens)
        let owner = MailboxOwner(
            found: { message in
                continuation.yield("found \(message.place)")
                return true
            }, looked: { _ in continuation.yield("looked") },
            failed: { continuation.yield("\($1 ? "lasting" : "passing"): \($0)") },
            kept: { continuation.yield("kept \($0)") })
        visitor = MailboxVisitor(account, means, owner: owner)
    }

    /// The next report.
    func next() async -> String { await reports.first { _ in true } ?? "" }
}

extension MailboxAccount {
    /// In clear text on loopback.
    static func local(_ server: FakeServer, kind: Kind = .imap) -> Self {
        var account = MailboxAccount(host: "127.0.0.1", port: server.port, username: "probe")
        account.kind = kind
        account.tls = .off
        account.secret = .password(.password(Array("sesame".utf8)))
        return account
    }
}
