import Foundation
import Glibc
import TestKit

/// Why a scenario cannot continue.
struct ScenarioError: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) {
        self.description = description
    }
}

/// A child process: its output is collected line by line, and it is killed with the last reference to it.
final class Program: Sendable {
    enum Exit: Hashable, Sendable {
        case code(Int32)
        case signal(Int32)
    }

    struct Output: Sendable {
        var lines: [String] = []
        /// Number of log lines of a relay per event.
        var events: [String: Int] = [:]
        /// Bytes after the last line end.
        var rest: [UInt8] = []
        var hasEnded = false
    }

    let pid: pid_t
    let output = Watched(Output())
    let errors = Watched(Output())
    private let name: String
    /// Held while pipes are created, so that no other child inherits them and keeps them open.
    private static let starting = NSLock()
    private let exit = Watched<Exit?>(nil)

    /// - Parameters:
    ///   - standardOutput: a descriptor to write to instead of ``output``.
    ///   - keepsPrivileges: whether a child of root is root as well, instead of having no capabilities.
    init(
        _ executable: String, _ arguments: [String], environment: [String: String] = [:], input: String = "/dev/null",
        standardOutput: Int32? = nil, keepsPrivileges: Bool = false
    ) throws {
        name = ([executable.split(separator: "/").last.map(String.init) ?? executable] + arguments.prefix(2))
            .joined(separator: " ")
        Self.starting.lock()
        defer { Self.starting.unlock() }
        let (outputEnd, outputStart) = try Self.makePipe()
        let (errorsEnd, errorsStart) = try Self.makePipe()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, standardOutput ?? outputStart, 1)
        posix_spawn_file_actions_adddup2(&actions, errorsStart, 2)
        var all = ProcessInfo.processInfo.environment
        all["SWIFT_BACKTRACE"] = "enable=no"
        all.merge(environment) { $1 }
        let command = [executable] + arguments
        pid = try Child.spawn(keepsPrivileges ? command : Privileges.dropped(command), environment: all, &actions)
        close(outputStart)
        close(errorsStart)
        Self.gather(outputEnd, into: output)
        Self.gather(errorsEnd, into: errors)
        reap()
    }

    deinit {
        signal(SIGKILL)
    }

    var hasEnded: Bool { exit.current != nil }

    /// Sends a signal unless the process has ended.
    func signal(_ number: Int32) {
        exit.change { exit in
            if exit == nil { kill(pid, number) }
        }
    }

    /// Kills the process and waits until it is gone.
    func killNow() throws {
        signal(SIGKILL)
        _ = try waitForExit()
    }

    @discardableResult
    func waitForExit(within limit: Duration = .seconds(30)) throws -> Exit {
        guard let exit = exit.wait(within: limit, until: { $0 }) else {
            throw ScenarioError("\(name) has not ended within \(limit)\n\(lastWords)")
        }
        // Its output is complete when the pipes have ended; a grandchild may keep them open.
        for stream in [output, errors] { _ = stream.wait(within: .seconds(2)) { $0.hasEnded ? true : nil } }
        return exit
    }

    /// Waits for a line of output for which `find` has an answer.
    func waitForOutput<Answer>(
        _ what: String, within limit: Duration = .seconds(30), _ find: (String) -> Answer?
    ) throws -> Answer {
        try wait(for: what, in: output, within: limit) { $0.lines.lazy.compactMap(find).first }
    }

    /// Waits until the lines of standard error, beginning with the one at `start`, satisfy `answer`.
    func waitForErrors<Answer>(
        _ what: String, from start: Int = 0, within limit: Duration = .seconds(30),
        _ answer: (ArraySlice<String>) -> Answer?
    ) throws -> Answer {
        try wait(for: what, in: errors, within: limit) { answer($0.lines.dropFirst(start)) }
    }

    private func wait<Answer>(
        for what: String, in stream: Watched<Output>, within limit: Duration, _ answer: (Output) -> Answer?
    ) throws -> Answer {
        let found = stream.wait(within: limit) { output -> Answer?? in
            if let answer = answer(output) { return .some(answer) }
            return output.hasEnded ? .some(nil) : nil
        }
        guard let answer = found ?? nil else { throw ScenarioError("\(name): no \(what)\n\(lastWords)") }
        return answer
    }

    var lastWords: String {
        (output.current.lines.suffix(10) + errors.current.lines.suffix(20)).joined(separator: "\n")
    }

    // MARK: - Threads

    private static func gather(_ descriptor: CInt, into stream: Watched<Output>) {
        Thread.detachNewThread {
            var buffer = [UInt8](repeating: 0, count: 1 << 16)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { break }
                stream.change { $0.append(buffer[..<count]) }
            }
            close(descriptor)
            stream.change { $0.hasEnded = true }
        }
    }

    /// The process stays a zombie until it is reaped here, so that a signal never hits another process.
    private func reap() {
        let (pid, exit) = (pid, exit)
        Thread.detachNewThread {
            var info = siginfo_t()
            while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
            exit.change { exit in
                var status: CInt = 0
                waitpid(pid, &status, 0)
                exit = status & 0x7F == 0 ? .code(status >> 8 & 0xFF) : .signal(status & 0x7F)
            }
        }
    }

    // MARK: - Start

    private static func makePipe() throws -> (end: CInt, start: CInt) {
        var ends: [CInt] = [0, 0]
        guard pipe(&ends) == 0 else { throw ScenarioError("no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }
}

extension Program.Output {
    fileprivate mutating func append(_ bytes: ArraySlice<UInt8>) {
        rest += bytes
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            take(String(decoding: rest[start..<end], as: UTF8.self))
            start = end + 1
        }
        rest.removeFirst(start)
    }

    private mutating func take(_ line: String) {
        lines.append(line)
        guard let key = line.range(of: "\"event\":\"") else { return }
        events[String(line[key.upperBound...].prefix { $0 != "\"" }), default: 0] += 1
    }
}
