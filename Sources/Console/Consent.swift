import Glibc

/// Asks before something that cannot be undone.
package enum Consent {
    /// Throws a ``Failure`` unless consent was given, or is given now on a terminal.
    ///
    /// - Parameter sentence: what would happen.
    package static func ask(_ sentence: String, isGiven: Bool) throws(Failure) {
        guard !isGiven else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure(.usage, "\(sentence) Nothing has changed: without a terminal to ask, use --yes")
        }
        var output = Output(descriptor: STDERR_FILENO)
        output.line(Printable.line(sentence))
        output.write("Continue? [y/N] ")
        output.flush()
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw Failure(.tryAgain, "Nothing has changed.") }
    }
}
