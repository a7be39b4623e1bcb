import Console

/// What a command could not read of the history: printed on standard error as it is found, and the command fails at its end.
final class HistoryDamage {
    private var found: Set<String> = []

    func report(_ problem: String) {
        guard found.insert(problem).inserted else { return }
        Failure.report("\(problem): something may be missing")
    }

    /// - Throws: ``Failure`` if something could not be read.
    func check() throws {
        if !found.isEmpty { throw Failure(.badInput, "") }
    }
}
