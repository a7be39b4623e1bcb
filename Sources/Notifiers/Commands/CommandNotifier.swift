package import Alerts
internal import Dispatch
internal import Synchronization

/// A program that gets the alert as JSON on its standard input.
package struct CommandNotifier: Notifier {
    private let command: [String]
    private let limit: Duration
    private let queue = DispatchQueue(label: "alert-command")

    package init(command: [String], limit: Duration) {
        (self.command, self.limit) = (command, limit)
    }

    /// Fails unless the program ends with 0 within the limit. A program that does not end is killed, with its
    /// process group.
    package func tell(_ notification: AlertNotification) async throws {
        switch try await run(WebhookBody(notification).octets) {
        case .exited(0, _): break
        case .exited(let code, let output): throw NotifierFailure("\(name) ended with \(code)\(output.words)")
        case .killed(let signal, let output):
            throw NotifierFailure("\(name) was ended by signal \(signal)\(output.words)")
        case .late:
            let reason = "\(name) did not end within \(AlertWords.duration(limit)), and was killed"
            throw NotifierFailure(reason, mayHaveArrived: true)
        case .cancelled: throw CancellationError()
        }
    }

    /// On a thread that may wait. A relay that stops does not wait for the program.
    private func run(_ input: [UInt8]) async throws -> CommandRun.End {
        let (run, isOver) = (CommandRun(command: command, input: input, limit: limit), Flag())
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                queue.async { continuation.resume(with: Result { try run.run { isOver.isSet } }) }
            }
        } onCancel: {
            isOver.set()
        }
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        var isSet: Bool { value.load(ordering: .relaxed) }
        func set() { value.store(true, ordering: .relaxed) }
    }

    private var name: String { command.first ?? "the command" }
}

extension [UInt8] {
    /// The first line of a program's output, if any.
    fileprivate var words: String {
        let line = String(decoding: self, as: UTF8.self).split(whereSeparator: \.isNewline).first ?? ""
        return line.isEmpty ? "" : ": \(line.prefix(200))"
    }
}
