import Mail
import NIOCore
import Spool
import Testing

/// What a spool has been asked, and has promised by its answers: what must be found in it, and nothing else.
struct SpoolBooks: Sendable {
    struct Entry: Sendable {
        var message: SpooledMessage
        let content: [UInt8]
        var attempts: [AttemptRecord] = []
    }

    private(set) var entries: [QueueID: Entry] = [:]
    private(set) var departures: [QueueID] = []
    private(set) var events: [String] = []
    /// Octets of streams that are open.
    private var streams: [ContentStream: [UInt8]] = [:]

    func has(_ id: QueueID) -> Bool { entries[id] != nil }

    /// Books an operation with its answer; nil for one that has none.
    mutating func record(_ operation: SpoolOperation, _ answer: Answer?) {
        switch operation {
        case .accept(let new, _): if answer == .done { insert(new) }
        case .append(let stream, let bytes):
            if answer == .done { streams[stream, default: []] += bytes.readableBytesView }
        case .abandon(let stream): streams[stream] = nil
        case .beginAttempt(let id, let attempt):
            if answer == .done { entries[id]?.message.openAttempt = attempt }
        // One that is not durable yet will be.
        case .settle(let settlement, _): if answer?.error?.code != .missing { settle(settlement) }
        case .change(let ids, let change, _):
            guard answer == .done else { return }
            for id in ids { entries[id].flatMap { change.settlement($0.message) }.map { settle($0) } }
        }
    }

    private mutating func insert(_ new: NewMessage) {
        #expect(entries[new.message.id] == nil)
        let content: [UInt8]
        switch new.content {
        case .whole(let bytes): content = Array(bytes.readableBytesView)
        case .stream(let stream): content = streams.removeValue(forKey: stream) ?? []
        }
        entries[new.message.id] = Entry(message: new.message, content: Array(new.header.readableBytesView) + content)
    }

    private mutating func settle(_ settlement: Settlement) {
        let id = settlement.id
        guard var entry = entries[id] else {
            Issue.record("an outcome of \(id), which was not accepted, is recorded")
            return
        }
        events += StateEvents.texts(entry.message.recipients, settlement.recipients).map { "\(id) \($0)" }
        let original = OriginalContent(bytes: ByteBuffer(bytes: entry.content), isWhole: true)
        for notice in settlement.notices { insert(notice.write(original)) }
        guard !settlement.isLast else {
            entries[id] = nil
            departures.append(id)
            return
        }
        entry.message.recipients = settlement.recipients
        entry.message.cycles = settlement.cycles
        entry.message.boundUpstream = settlement.boundUpstream
        entry.message.openAttempt = nil
        if let attempt = settlement.attempt { entry.attempts.append(attempt) }
        entries[id] = entry
    }

    /// The books of several users of one spool.
    mutating func add(_ other: SpoolBooks) {
        entries.merge(other.entries) { first, _ in
            Issue.record("\(first.message.id) was given away twice")
            return first
        }
        departures += other.departures
        events += other.events
    }
}

/// The answer to an operation.
enum Answer: Hashable, Sendable {
    case done
    case resubmitted(QueueID)
    case failed(SpoolError)

    var error: SpoolError? {
        guard case .failed(let error) = self else { return nil }
        return error
    }
}

/// By what an answer is known.
enum AnswerKey: Hashable, Sendable {
    case ticket(UInt64)
    case attempt(QueueID)
    case part(ContentStream)

    init?(_ operation: SpoolOperation) {
        switch operation {
        case .accept(_, let ticket), .change(_, _, let ticket), .settle(_, .some(let ticket)): self = .ticket(ticket)
        case .append(let stream, _): self = .part(stream)
        case .beginAttempt(let id, _): self = .attempt(id)
        case .abandon, .settle(_, nil): return nil
        }
    }
}

extension SpoolCompletion {
    /// Nil if it answers nothing.
    var answer: (key: AnswerKey, answer: Answer)? {
        switch self {
        case .accepted(let ticket), .settled(let ticket), .changed(let ticket, _): (.ticket(ticket), .done)
        case .resubmitted(let ticket, let id): (.ticket(ticket), .resubmitted(id))
        case .refused(let ticket, let error), .notSettled(let ticket, let error), .notChanged(let ticket, let error):
            (.ticket(ticket), .failed(error))
        case .appended(let stream, _): (.part(stream), .done)
        case .appendFailed(let stream, let error): (.part(stream), .failed(error))
        case .attemptRecorded(let id): (.attempt(id), .done)
        case .attemptNotRecorded(let id, let error): (.attempt(id), .failed(error))
        case .arrived: nil
        }
    }
}
