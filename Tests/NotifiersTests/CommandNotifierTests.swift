import Alerts
import Foundation
import Glibc
import TestKit
import Testing

@testable import Notifiers

@Suite("Telling by a command")
struct CommandNotifierTests {
    /// As the relay does at its start.
    init() { signal(SIGPIPE, SIG_IGN) }

    private func run(_ command: [String], input: [UInt8] = [], limit: Duration = .seconds(20)) throws -> CommandRun.End
    {
        try CommandRun(command: command, input: input, limit: limit).run()
    }

    private func shell(_ script: String, input: [UInt8] = [], limit: Duration = .seconds(20)) throws -> CommandRun.End {
        try run(["/bin/sh", "-c", script], input: input, limit: limit)
    }

    @Test("the program gets the JSON on its standard input, and its arguments as they are")
    func input() async throws {
        let directory = try TestKit.TemporaryDirectory()
        let file = directory.path + "/told"
        let script = "cat > \"$1\"; printf '%s' \"$2\" >> \"$1\""
        let notifier = CommandNotifier(
            command: ["/bin/sh", "-c", script, "x", file, "; rm -rf $HOME"], limit: .seconds(20))
        try await notifier.tell(.example())
        let body = String(decoding: WebhookBody(.example()).octets, as: UTF8.self)
        #expect(try String(contentsOfFile: file, encoding: .utf8) == body + "; rm -rf $HOME")
    }

    @Test("a program that fails is a failure, with the first line of its output")
    func failure() async throws {
        let notifier = CommandNotifier(
            command: ["/bin/sh", "-c", "echo no pager >&2; echo second; exit 3"], limit: .seconds(20))
        await #expect(throws: NotifierFailure("/bin/sh ended with 3: no pager")) { try await notifier.tell(.example()) }
        #expect(try shell("kill -TERM $$") == .killed(SIGTERM, []))
    }

    @Test("a program that is not there is a failure")
    func missing() async throws {
        let notifier = CommandNotifier(command: ["/no/such/program"], limit: .seconds(20))
        await #expect(throws: NotifierFailure("cannot start /no/such/program: No such file or directory")) {
            try await notifier.tell(.example())
        }
    }

    @Test("a program that does not end is killed in time, with what it has started")
    func late() throws {
        let directory = try TestKit.TemporaryDirectory()
        let held = directory.path + "/held"
        try #require(mkfifo(held, 0o600) == 0)
        let reader = open(held, O_RDONLY | O_NONBLOCK)
        defer { close(reader) }
        let began = ContinuousClock.now
        let end = try shell("trap '' TERM; sleep 600 > \(held) & wait", limit: .milliseconds(1500))
        #expect(end == .late && ContinuousClock.now - began < .seconds(15))
        // It hangs up once the last process that holds it has ended.
        var event = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        #expect(poll(&event, 1, 10_000) == 1 && event.revents & Int16(POLLHUP) != 0)
    }

    @Test("a relay that stops does not wait for the program")
    func cancelled() async throws {
        let notifier = CommandNotifier(command: ["/bin/sh", "-c", "exec sleep 600"], limit: .seconds(300))
        let task = Task { try await notifier.tell(.example()) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("output is bounded, and a program that writes without end is killed")
    func output() throws {
        guard case .exited(0, let kept) = try shell("head -c 1000000 /dev/zero") else {
            return #expect(Bool(false), "it ends with 0")
        }
        #expect(kept.count == CommandRun.outputLimit)
        #expect(try shell("exec cat /dev/zero", limit: .milliseconds(500)) == .late)
    }

    @Test("input that is not read does no harm, however long it is")
    func unread() throws {
        let input = [UInt8](repeating: 0x20, count: 1 << 20)
        #expect(try shell("exit 0", input: input) == .exited(0, []))
        #expect(try shell("wc -c | tr -d ' \\n'", input: input) == .exited(0, Array("1048576".utf8)))
    }

    @Test("nothing of the relay's environment or descriptors gets there")
    func environment() throws {
        setenv("POSTHORSE_TEST_SECRET", "secret", 1)
        defer { unsetenv("POSTHORSE_TEST_SECRET") }
        let open = Glibc.open("/dev/null", O_RDONLY)
        defer { close(open) }
        #expect(try shell("printf %s \"$POSTHORSE_TEST_SECRET\"") == .exited(0, []))
        #expect(try shell("test ! -e /proc/$$/fd/\(open)") == .exited(0, []))
        // The relay's own is as it was.
        #expect(fcntl(open, F_GETFD) == 0)
    }
}
