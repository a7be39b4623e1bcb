import Admin
import Console

/// What an order about a stream would do: the output of `--dry-run`.
struct StreamRehearsal {
    let stream: StreamDocument

    func lines(of verb: StreamVerb) -> [String] {
        let lines =
            switch verb {
            case .pause: pause
            case .resume: resume
            case .cancel: [Self.cancellation(of: stream.name, stream.messages, stream.waiting, bounces: false)]
            }
        return lines.map { Printable.line($0) }
    }

    private var isPaused: Bool { stream.state == "paused" }

    private var pause: [String] {
        let would = "This would pause \(stream.name)\(isPaused ? " once more, with this reason" : "")"
        guard stream.messages > 0 else { return notes + ["\(would); nothing of it is in the queue."] }
        return notes + ["\(would): \(load) would \(isPaused ? "go on waiting" : "wait")."]
    }

    private var resume: [String] {
        guard isPaused else { return ["\(stream.name) is not paused: this would change nothing."] }
        let would = "This would resume \(stream.name)"
        guard stream.messages > 0 else { return notes + ["\(would); nothing of it is in the queue."] }
        return notes + ["\(would): \(load) could go on."]
    }

    private var notes: [String] {
        isPaused ? StreamTable.notes(of: stream).map { "\(stream.name) is \($0)" } : []
    }

    private var load: String { Self.load(stream.messages, stream.waiting) }

    // MARK: - Also before an order

    /// `3 messages with 5 waiting recipients`
    static func load(_ messages: Int, _ recipients: Int) -> String {
        "\(count(messages, "message")) with \(count(recipients, "waiting recipient"))"
    }

    /// What `stream cancel` would do, as a sentence.
    static func cancellation(of name: String, _ messages: Int, _ recipients: Int, bounces: Bool) -> String {
        guard messages > 0 else { return "Nothing of \(name) is in the queue: this would change nothing." }
        let senders = bounces ? "bounce each whose sender can be told" : "tell nobody"
        return "This would drop \(load(messages, recipients)) of \(name) and \(senders)."
    }

    private static func count(_ number: Int, _ noun: String) -> String {
        "\(Quantity.grouped(number)) \(number == 1 ? noun : "\(noun)s")"
    }
}
