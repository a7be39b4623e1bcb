import Console
import Glibc

/// A test upstream that runs as a child: `posthorse sink`.
package struct DemoSink: Sendable {
    package let name: String
    package let child: ChildProcess
    /// Where it takes mail, as `127.0.0.1:2526`.
    package let address: String
    /// Where its mailboxes are read; nil if it has none.
    package let mailboxes: String?
    /// Its other options.
    private let options: [String]

    package var pid: Int32 { child.pid }

    /// Starts one on free ports.
    ///
    /// - Throws: ``Failure`` if it cannot start.
    fileprivate init(_ name: String, _ options: [String], hasMailboxes: Bool) async throws {
        let words = ["sink", "--name", name, "--listen", "127.0.0.1:0"] + options
        let imap = hasMailboxes ? ["--imap", "127.0.0.1:0"] : []
        let child = try ChildProcess(Invocation.executable, words + imap, capture: .standardOutput)
        var lines = child.lines.makeAsyncIterator()
        guard let address = await lines.next(), let last = await (hasMailboxes ? lines.next() : "") else {
            throw Failure(.tryAgain, "the sink \(name) did not start (exit code \(child.exitCode ?? 0))")
        }
        (self.name, self.child, self.options, self.address) = (name, child, options, address)
        mailboxes = hasMailboxes ? last : nil
    }

    /// The command that starts it again where it was.
    ///
    /// - Parameter program: this program as a word for a shell.
    func restart(_ program: String) -> String {
        let imap = mailboxes.map { ["--imap", $0] } ?? []
        let words = ["sink", "--name", name, "--listen", address] + options + imap
        return ([program] + words.map(Invocation.quoted)).joined(separator: " ")
    }
}

/// The test upstreams of a demo, and the sink that holds the mailboxes.
package struct DemoSinks: Sendable {
    /// Of the mailboxes; there is nothing to protect.
    static let password = "posthorse"

    package let mailbox: DemoSink
    /// In order of priority.
    package let upstreams: [DemoSink]

    package var all: [DemoSink] { upstreams + [mailbox] }

    /// - Parameter passwordFile: for the password of the mailboxes.
    /// - Throws: ``Failure`` if one cannot start; then none is left.
    package static func start(passwordFile: String) async throws -> DemoSinks {
        let mailbox = try await DemoSink(
            "mailbox", ["--imap-password-file", passwordFile], hasMailboxes: true)
        var upstreams: [DemoSink] = []
        do {
            for name in ["primary", "secondary"] {
                // Until SIGUSR2 it is well.
                let options = ["--deliver-to", mailbox.address, "--faults-off", "--fault", "delivery discard"]
                upstreams.append(try await DemoSink(name, options, hasMailboxes: false))
            }
        } catch {
            for sink in upstreams + [mailbox] { sink.child.signal(SIGKILL) }
            throw error
        }
        return DemoSinks(mailbox: mailbox, upstreams: upstreams)
    }
}
