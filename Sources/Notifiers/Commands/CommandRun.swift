internal import Glibc

/// One run of a program, without a shell: the input goes to its standard input, what it writes is kept up to a limit.
/// Blocks the thread.
struct CommandRun {
    enum End: Equatable {
        /// With the first octets of its output.
        case exited(Int32, [UInt8])
        case killed(Int32, [UInt8])
        case late
        /// Nobody waits for it any more.
        case cancelled
    }

    /// Octets of output that are kept; the rest is read and forgotten.
    static let outputLimit = 4096
    /// Between two looks at the process, in milliseconds.
    private static let interval: Int32 = 20

    let command: [String]
    let input: [UInt8]
    let limit: Duration

    /// - Parameter isCancelled: whether to end it early; asked all the time.
    /// - Throws: ``NotifierFailure`` if it cannot be started.
    func run(until isCancelled: () -> Bool = { false }) throws -> End {
        let pipes = try CommandPipes()
        defer { pipes.close() }
        let child = try CommandProcess.start(command, pipes)
        pipes.closeChildEnds()
        return follow(child, pipes, isCancelled)
    }

    private func follow(_ child: pid_t, _ pipes: CommandPipes, _ isCancelled: () -> Bool) -> End {
        let end = ContinuousClock.now + limit
        var (rest, output): (ArraySlice<UInt8>, [UInt8]) = (input[...], [])
        while ContinuousClock.now < end, !isCancelled() {
            pipes.wait(wantsToWrite: !rest.isEmpty, Self.interval)
            pipes.write(&rest)
            if rest.isEmpty { pipes.closeInput() }
            pipes.read(into: &output, limit: Self.outputLimit)
            if let status = CommandProcess.status(of: child) {
                pipes.read(into: &output, limit: Self.outputLimit)
                return Self.end(status, output)
            }
        }
        CommandProcess.kill(child)
        return isCancelled() ? .cancelled : .late
    }

    /// The status of wait(2).
    private static func end(_ status: Int32, _ output: [UInt8]) -> End {
        let signal = status & 0x7F
        return signal == 0 ? .exited(status >> 8 & 0xFF, output) : .killed(signal, output)
    }
}
