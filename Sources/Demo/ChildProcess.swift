import Console
import Glibc
import Synchronization

/// A child process whose output is read line by line.
package final class ChildProcess: Sendable {
    /// Which output is read; the other one is inherited.
    package enum Capture {
        case standardOutput, standardError
    }

    package let pid: pid_t
    /// Lines without their ends; finishes when the process has ended.
    package let lines: AsyncStream<String>
    private let status = Mutex<Int32?>(nil)

    /// - Throws: ``Failure`` if the process cannot be started.
    package init(_ executable: String, _ arguments: [String], capture: Capture) throws {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(.tryAgain, "no pipe: \(Self.reason(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        defer { close(ends[1]) }
        do {
            pid = try Self.spawn(executable, arguments, capture, writeEnd: ends[1])
        } catch {
            close(ends[0])
            throw error
        }
        let (lines, continuation) = AsyncStream.makeStream(of: String.self)
        self.lines = lines
        let reader = ChildReader(descriptor: ends[0], pid: pid, continuation: continuation)
        reader.start { [self] code in status.withLock { $0 = code } }
    }

    /// Exit code of the process, or 128 plus the number of the signal that ended it; nil while it runs.
    package var exitCode: Int32? { status.withLock { $0 } }

    /// Sends a signal unless the process has ended.
    package func signal(_ number: Int32) {
        guard exitCode == nil else { return }
        kill(pid, number)
    }

    /// Asks children to end, and kills those that have not done so after ten seconds.
    package static func end(_ children: [ChildProcess]) async {
        for child in children { child.signal(SIGTERM) }
        for _ in 0..<100 where children.contains(where: { $0.exitCode == nil }) {
            try? await Task.sleep(for: .milliseconds(100))
        }
        for child in children { child.signal(SIGKILL) }
    }

    private static func spawn(
        _ executable: String, _ arguments: [String], _ capture: Capture, writeEnd: Int32
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let target =
            switch capture {
            case .standardOutput: STDOUT_FILENO
            case .standardError: STDERR_FILENO
            }
        posix_spawn_file_actions_adddup2(&actions, writeEnd, target)
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // No signal blocked or ignored, whatever this thread has made of them: a child that cannot hear SIGTERM stays.
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // A process group of its own: Ctrl-C ends this process, which then ends its children in order.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var child = pid_t()
        let words = ([executable] + arguments).map { strdup($0) }
        defer { words.forEach { free($0) } }
        let code = posix_spawn(&child, executable, &actions, &attributes, words + [nil], environ)
        guard code == 0 else { throw Failure(.tryAgain, "cannot start \(executable): \(reason(code))") }
        return child
    }

    private static func reason(_ code: Int32) -> String {
        String(cString: strerror(code))
    }
}
