import Foundation
import Glibc

/// A child process of a test; it is killed with the last reference to it.
///
/// Foundation's `Process` passes on the signal mask of the thread that starts it, and threads of Swift's pools block nearly
/// all signals: such a child hears neither SIGTERM nor its own alarm, and stays for ever.
package final class Child: Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package let pid: pid_t
    private let lock = NSLock()
    nonisolated(unsafe) private var status: Int32?
    // Safety of `nonisolated(unsafe)`: `status` is accessed with `lock` locked.

    /// Its descriptors are those of this process that are not closed on exec, but for the three given.
    ///
    /// - Parameters:
    ///   - command: executable, looked up in PATH, and arguments.
    ///   - environment: nil for that of this process.
    ///   - directory: its working directory; nil for that of this process.
    ///   - input, output, errors: descriptors; nil for /dev/null.
    package init(
        _ command: [String], environment: [String: String]? = nil, directory: String? = nil, input: Int32? = nil,
        output: Int32? = nil, errors: Int32? = nil
    ) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (target, source) in [input, output, errors].enumerated() {
            if let source {
                posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
            } else {
                posix_spawn_file_actions_addopen(&actions, Int32(target), "/dev/null", O_RDWR, 0)
            }
        }
        let words = directory.map { ["/usr/bin/env", "--chdir=\($0)"] + command } ?? command
        pid = try Self.spawn(words, environment: environment ?? ProcessInfo.processInfo.environment, &actions)
    }

    deinit {
        kill(SIGKILL)
        waitForExit()
    }

    /// Sends a signal unless its end is known.
    package func kill(_ signal: Int32) {
        lock.withLock { if status == nil { _ = Glibc.kill(pid, signal) } }
    }

    /// Waits for its end.
    ///
    /// - Returns: its exit code, or 128 plus the number of the signal that ended it.
    @discardableResult
    package func waitForExit() -> Int32 {
        // It stays a zombie until its end is recorded, so that no signal hits another process.
        var info = siginfo_t()
        while lock.withLock({ status }) == nil, waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR
        {}
        return lock.withLock {
            if let status { return status }
            var raw: Int32 = 0
            waitpid(pid, &raw, 0)
            let code = raw & 0x7F == 0 ? raw >> 8 & 0xFF : 128 + (raw & 0x7F)
            status = code
            return code
        }
    }

    /// Starts a process with every signal at its default, and none blocked.
    package static func spawn(
        _ command: [String], environment: [String: String], _ actions: inout posix_spawn_file_actions_t
    ) throws -> pid_t {
        let words = command.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        var pid: pid_t = 0
        let error = posix_spawnp(&pid, command[0], &actions, &attributes, words, variables)
        guard error == 0 else {
            throw Problem(description: "cannot start \(command[0]): \(String(cString: strerror(error)))")
        }
        return pid
    }
}
