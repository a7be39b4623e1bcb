import Console
import Glibc

/// A terminal without echo until it is restored: by its owner, or by the signals that would end the process with echo
/// still off.
struct SilentTerminal {
    private static let signals = [SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGTSTP]

    private let original: termios
    private let watch: SignalWatch

    init() throws {
        var settings = termios()
        guard tcgetattr(STDIN_FILENO, &settings) == 0 else {
            throw Failure(.badInput, "the terminal does not answer: \(String(cString: strerror(errno)))")
        }
        let original = settings
        self.original = original
        watch = SignalWatch(Self.signals) {
            Self.apply(original)
            exit(130)
        }
        settings.c_lflag &= ~tcflag_t(ECHO)
        Self.apply(settings)
    }

    func restore() {
        watch.cancel()
        for number in Self.signals { signal(number, SIG_DFL) }
        Self.apply(original)
    }

    private static func apply(_ settings: termios) {
        var settings = settings
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
    }
}
