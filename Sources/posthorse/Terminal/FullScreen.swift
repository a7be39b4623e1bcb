import Console
import Glibc

/// The whole terminal, until it is left: the screen as it was before comes back, and so do echo and cursor.
struct FullScreen {
    private let original: termios?
    private let terminal: Terminal

    /// The alternate screen of xterm, without a cursor, and without line wrap.
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J"
    private static let leaving = "\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// Only for a standard output that is a terminal. Keys are read as they come if standard input is one, too.
    init() {
        var settings = termios()
        original = tcgetattr(STDIN_FILENO, &settings) == 0 ? settings : nil
        terminal = .current()
        enter()
    }

    func enter() {
        if var settings = original {
            settings.c_lflag &= ~tcflag_t(ECHO | ICANON)
            tcsetattr(STDIN_FILENO, TCSANOW, &settings)
        }
        write(Self.entering)
    }

    func leave() {
        write(Self.leaving)
        if var settings = original { tcsetattr(STDIN_FILENO, TCSANOW, &settings) }
    }

    /// Columns and lines; 80 by 24 if the terminal does not say.
    static var size: TopFrame.Size {
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 && size.ws_row > 0
        return isKnown ? .init(width: Int(size.ws_col), height: Int(size.ws_row)) : .init(width: 80, height: 24)
    }

    /// Each line takes the place of the one before, so that nothing flickers.
    func show(_ frame: TopFrame) {
        let lines = frame.text(on: terminal).map { "\u{1B}[2K" + $0 }
        write("\u{1B}[H" + lines.joined(separator: "\r\n") + "\u{1B}[J")
    }

    private func write(_ text: String) {
        var output = Output(loss: .ignored)
        output.write(text)
        output.flush()
    }
}
