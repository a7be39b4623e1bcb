import Configuration
import Console
import Glibc

/// Says what a drill will do, and asks for confirmation.
package struct DrillConsent {
    let plan: DrillPlan
    let duration: Duration
    let watch: Duration

    package init(plan: DrillPlan, duration: Duration, watch: Duration) {
        self.plan = plan
        self.duration = duration
        self.watch = watch
    }

    /// Throws a ``Failure`` unless consent was given, or is given now on a terminal.
    package func ask(isGiven: Bool) throws(Failure) {
        guard !isGiven else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw Failure(.usage, "a drill keeps mail from \(plan.target): without a terminal to ask, use --yes")
        }
        var output = Output(descriptor: STDERR_FILENO)
        for line in lines { output.line(line) }
        output.write("Continue? [y/N] ")
        output.flush()
        let answer = readLine()?.lowercased() ?? ""
        guard ["y", "yes"].contains(answer) else { throw Failure(.tryAgain, "nothing was done") }
    }

    /// Prints what a drill would do.
    package func show() {
        var output = Output()
        for line in lines { output.line(line) }
        output.flush()
    }

    var lines: [String] {
        let target = Printable.line(plan.target)
        let others = Printable.line(plan.others.joined(separator: ", "))
        return [
            "This opens the circuit of \(target) for \(DurationText.format(duration)), as if it had failed.",
            "Mail goes through \(others) meanwhile; then one message tries \(target), and traffic returns in steps.",
            "It ends when all has returned, after \(DurationText.format(watch)) at most, or with Ctrl-C.",
        ]
            + plan.waitingRoutes.map {
                Printable.line("Mail of the route \($0) waits meanwhile: no other upstream of it works.")
            }
    }
}
