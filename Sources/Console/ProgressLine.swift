import Glibc

/// One line on standard error that says how far something is; only on a terminal.
package final class ProgressLine {
    private let isOn = isatty(STDERR_FILENO) == 1
    private var isShown = false

    package init() {}

    /// - Parameter part: from 0 to 1.
    package func show(_ part: Double) {
        guard isOn else { return }
        isShown = true
        write("\rsearched \(Int((part * 100).rounded(.down))) %")
    }

    package func clear() {
        guard isShown else { return }
        isShown = false
        write("\r\u{1B}[K")
    }

    private func write(_ text: String) {
        var output = Output(descriptor: STDERR_FILENO)
        output.write(text)
        output.flush()
    }
}
