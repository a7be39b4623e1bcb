import Admin
import Console
import Mail
import NIOCore

/// The results of an order, message by message.
struct QueueOrderOutcome {
    private let verb: QueueVerb
    private let isBulk: Bool
    private let bounces: Bool
    private let upstream: String?
    private var done = 0
    private var told = 0
    private var others: [String: Int] = [:]
    private var reported = 0

    /// Further messages are only counted.
    private static let mostReported = 100

    init(_ verb: QueueVerb, isBulk: Bool, bounces: Bool = false, to upstream: String? = nil) {
        self.verb = verb
        self.isBulk = isBulk
        self.bounces = bounces
        self.upstream = upstream
    }

    /// Counts a line of the answer, and reports on standard error what is not done.
    mutating func add(_ line: ByteBuffer) throws {
        guard !QueueOrderLine.isDone(line) else { return done += 1 }
        let line = try AdminJSON.decode(QueueOrderLine.self, from: line)
        guard line.result != "done" else {
            done += 1
            told += line.told ? 1 : 0
            return
        }
        others[line.result, default: 0] += 1
        reported += 1
        if reported <= Self.mostReported { Failure.report("\(line.queueID): \(line.reason ?? line.result)") }
    }

    /// `3 messages released; 1 unchanged`.
    var summary: String {
        let number = done == 0 ? "No" : Quantity.grouped(done)
        let rest = others.sorted { $0.key < $1.key }.map {
            "\(Quantity.grouped($0.value)) \(Self.words[$0.key] ?? $0.key)"
        }
        let end = rest.isEmpty ? "" : "; \(rest.joined(separator: ", "))"
        return "\(number) \(done == 1 ? "message" : "messages") \(participle)\(end)"
    }

    /// How many could be told: a sender may be nobody, or not want to hear of it.
    private var bounced: String {
        told == done
            ? "bounced to \(done == 1 ? "the sender" : "the senders")" : "\(Quantity.grouped(told)) of them bounced"
    }

    private static let words = [
        "missing": "not in the queue", "busy": "busy", "unrecorded": "not recorded",
        "stopping": "left alone, since the relay is stopping",
    ]

    private var participle: String {
        switch verb {
        case .retry: "will be tried now"
        case .hold: "held"
        case .release: "released"
        case .drop: bounces && done > 0 ? "dropped and \(bounced)" : "dropped"
        case .move: "moved to \(upstream ?? "")"
        }
    }

    /// - Throws: ``Failure`` unless everything is done. A filter may find what there is nothing to do for, or what has left
    ///   meanwhile.
    func check() throws(Failure) {
        let more = reported > Self.mostReported ? "and \(reported - Self.mostReported) more" : ""
        Failure.report(more)
        let isLate = ["busy", "unrecorded", "stopping"].contains { others[$0] != nil }
        if isLate { throw Failure(.tryAgain, "") }
        guard !isBulk else { return }
        if others["missing"] != nil { throw Failure(.noSuchMessage, "") }
        if others["unchanged"] != nil { throw Failure(.badInput, "") }
    }
}
