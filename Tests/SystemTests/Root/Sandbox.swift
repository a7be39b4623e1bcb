import Foundation
import TestKit

/// A directory for a service, and programs in the sandbox of its unit there; needs root.
final class Sandbox {
    private let directory: TemporaryDirectory
    private var configPath: String { directory.path + "/relay.conf" }

    init() throws {
        directory = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: directory.path)
    }

    /// The command of ExecStart=, with this relay.conf.
    func start(_ config: RelayConfig) throws -> Program {
        try config.text(in: directory.path + "/run", spoolPath: directory.path + "/state")
            .write(toFile: configPath, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: configPath)
        return try enter([])
    }

    private func enter(_ command: [String]) throws -> Program {
        let unit = SourceTree.file("docs/posthorse.service").path
        return try Program(
            SourceTree.file("Tests/Sandbox/enter").path, [unit, directory.path, Posthorse.executable] + command,
            keepsPrivileges: true)
    }

    /// Runs a few lines of Python in the sandbox, one per named attempt; returns their output.
    func python(_ code: String) throws -> String {
        let names = """
            import ctypes, errno, mmap, os, socket
            libc = ctypes.CDLL(None, use_errno=True)
            place = "\(directory.path)"
            def ask(name, *arguments):
                if getattr(libc, name)(*arguments) < 0:
                    raise OSError(ctypes.get_errno(), name)
            try:
                \(code)
                print("done")
            except OSError as error:
                print(errno.errorcode[error.errno])
            """
        let program = try enter(["/usr/bin/python3", "-c", names])
        guard try program.waitForExit() == .code(0) else { throw ScenarioError(program.lastWords) }
        return program.output.current.lines.joined(separator: "\n")
    }

    func port(of relay: Program) throws -> UInt16 {
        try relay.waitForErrors("line \"listening\"") { lines in
            lines.first { $0.contains("\"event\":\"listening\"") }.flatMap(Relay.port)
        }
    }

    func waitForDeliveries(_ count: Int, of relay: Program) throws {
        let found = relay.errors.wait(within: .seconds(60)) { output -> Bool? in
            if output.events["delivered"] ?? 0 >= count { return true }
            return output.events["deferred"] != nil || output.hasEnded ? false : nil
        }
        guard found == true else { throw ScenarioError("not all was delivered\n\(relay.lastWords)") }
    }

    /// An operator's command, from outside.
    func command(_ words: String...) throws -> Posthorse.Result {
        let program = try Program(Posthorse.executable, words + ["--config", configPath], keepsPrivileges: true)
        let exit = try program.waitForExit()
        return Posthorse.Result(exit: exit, output: program.output.current.lines, errors: program.errors.current.lines)
    }
}

extension Sandbox {
    /// What an intruder may try, and the kernel's answer.
    struct Attempt: CustomStringConvertible, Sendable {
        let description: String
        let code: String
        let answer: String

        init(_ description: String, _ code: String, _ answer: String) {
            (self.description, self.code, self.answer) = (description, code, answer)
        }
    }

    static let attempts = [
        Attempt("write to its directory", "open(place + '/state/file', 'w')", "done"),
        Attempt("write beside it", "open(place + '/file', 'w')", "EROFS"),
        Attempt("write to /etc", "open('/etc/posthorse-test', 'w')", "EROFS"),
        Attempt("read home directories", "os.listdir('/home')", "EACCES"),
        Attempt("see other processes", "os.stat('/proc/1')", "ENOENT"),
        Attempt("see settings of the kernel", "os.stat('/proc/sys')", "ENOENT"),
        Attempt("see devices", "os.stat('/dev/kmsg')", "ENOENT"),
        Attempt("connect", "socket.socket(socket.AF_INET6)", "done"),
        Attempt("talk to the kernel by netlink", "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "EAFNOSUPPORT"),
        Attempt("become root", "os.setuid(0)", "EPERM"),
        Attempt("make a set-user-ID program", "os.chmod(place + '/state', 0o4755)", "EPERM"),
        Attempt("make a namespace", "ask('unshare', 0x10000000)", "EPERM"),
        Attempt("mount", "ask('mount', b'none', b'/tmp', b'tmpfs', 0, None)", "EPERM"),
        Attempt("trace", "ask('ptrace', 0, 0, 0, 0)", "EPERM"),
        Attempt("write code", "mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)", "EPERM"),
        Attempt("take all of the processor", "os.sched_setscheduler(0, 1, os.sched_param(1))", "EPERM"),
        Attempt("set the clock", "ask('clock_settime', 0, ctypes.create_string_buffer(16))", "EPERM"),
        Attempt("rename the machine", "ask('sethostname', b'other', 5)", "EPERM"),
    ]
}
