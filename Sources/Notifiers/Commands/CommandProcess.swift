internal import CSpawn
internal import Glibc

/// The process of a command: a group of its own, a small environment, and none of our descriptors.
enum CommandProcess {
    /// Everything else in the relay's environment may be a secret.
    private static let passed = ["PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR"]

    /// - Throws: ``NotifierFailure`` if it cannot be started.
    static func start(_ command: [String], _ pipes: CommandPipes) throws -> pid_t {
        guard let program = command.first else { throw NotifierFailure("there is no command", isFinal: true) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes.childInput, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes.childOutput, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes.childOutput, STDERR_FILENO)
        // Our own descriptors have their mark; what others have opened, or handed to us, may lack it.
        posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        setSignals(&attributes)
        var child = pid_t()
        let (words, environment) = (command.map { strdup($0) }, environment.map { strdup($0) })
        defer { (words + environment).forEach { free($0) } }
        let code = posix_spawnp(&child, program, &actions, &attributes, words + [nil], environment + [nil])
        guard code == 0 else {
            throw NotifierFailure("cannot start \(program): \(String(cString: strerror(code)))")
        }
        return child
    }

    /// No signal blocked or ignored, as the relay itself has some.
    private static func setSignals(_ attributes: inout posix_spawnattr_t) {
        var (none, all) = (sigset_t(), sigset_t())
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    }

    private static var environment: [String] {
        passed.compactMap { name in getenv(name).map { "\(name)=\(String(cString: $0))" } }
    }

    /// The status of wait(2); nil while it runs.
    static func status(of child: pid_t) -> Int32? {
        var status: Int32 = 0
        return waitpid(child, &status, WNOHANG) == child ? status : nil
    }

    /// Ends it, and whatever it has started and not moved to another group.
    static func kill(_ child: pid_t) {
        Glibc.kill(-child, SIGKILL)
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
    }
}
