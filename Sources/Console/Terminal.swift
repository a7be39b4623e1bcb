import FoundationEssentials
import Glibc

/// Capabilities of standard output.
package struct Terminal {
    /// Columns of a line.
    package var width: Int
    package var isColoured: Bool

    package init(width: Int, isColoured: Bool) {
        self.width = width
        self.isColoured = isColoured
    }

    /// Without a terminal: 80 columns, no colour.
    package static let plain = Terminal(width: 80, isColoured: false)

    private static let narrowest = 60
    private static let widest = 200

    /// Asks the system and the environment (`NO_COLOR`, `TERM`).
    package static func current(environment: [String: String] = ProcessInfo.processInfo.environment) -> Terminal {
        guard isatty(STDOUT_FILENO) == 1 else { return plain }
        var size = winsize()
        let isKnown = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        let width = isKnown ? min(max(Int(size.ws_col), narrowest), widest) : plain.width
        let refusesColour = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
        return Terminal(width: width, isColoured: !refusesColour)
    }

    /// Whether the terminal follows escape sequences: one that does not say what it is (`TERM`), or says `dumb`, may not.
    package static func movesCursor(environment: [String: String] = ProcessInfo.processInfo.environment) -> Bool {
        !["", "dumb"].contains(environment["TERM"] ?? "")
    }

    package func coloured(_ text: String, _ colour: Colour?) -> String {
        guard isColoured, let colour else { return text }
        return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
    }

    package enum Colour: Int {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case cyan = 36

        /// The colour of a recipient's state.
        package init?(state: String) {
            switch state {
            case "delivered": self = .green
            case "delivering": self = .cyan
            case "deferred": self = .yellow
            case "held", "in_doubt", "failed": self = .red
            default: return nil
            }
        }
    }
}
