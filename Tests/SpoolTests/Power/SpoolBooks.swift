import Mail
import NIOCore

@testable import Spool

/// What a spool has been asked and has answered until its end, and so what must be found in it afterwards.
struct SpoolBooks {
    /// What may be found of one message.
    struct Account {
        let facts: NewMessageFacts
        var isAccepted = false
        var mayBeGone = false
        var isGone = false
        /// States on disk for certain, unless an attempt has changed them.
        var settled: [String]
        /// The latest outcome that may be on disk.
        var submitted: [String]?
        /// Recipients of the attempt that may be open.
        var attempt: [Int]?
        var mayHaveSentDot = false
        var hasSentDot = false

        /// The states that a recipient may have after an end.
        func states(of index: Int, after end: DiskImage.End) -> Set<String> {
            let outcome = submitted.map { [$0[index]] } ?? []
            guard let attempt, attempt.contains(index) else { return Set(outcome + [settled[index]]) }
            if hasSentDot { return Set(outcome + ["in_doubt"]) }
            let doubt = mayHaveSentDot || end.isPowerCut ? ["in_doubt"] : []
            return Set(outcome + doubt + [settled[index]])
        }
    }

    private(set) var accounts: [QueueID: Account] = [:]

    mutating func add(_ mark: DiskLog.Mark) {
        switch mark {
        case .submitted(let fact): submit(fact)
        case .answered(let fact): answer(fact)
        case .dotting(let id): accounts[id]?.mayHaveSentDot = true
        case .dotted(let id): accounts[id]?.hasSentDot = true
        }
    }

    private mutating func submit(_ fact: DiskLog.Fact) {
        switch fact {
        case .message(let facts):
            accounts[facts.id] = Account(
                facts: facts, settled: facts.recipients.map { _ in "queued" },
                attempt: facts.opensAttempt ? Array(facts.recipients.indices) : nil)
        case .attempt(let id, let recipients): accounts[id]?.attempt = recipients
        case .outcome(let id, let states): accounts[id]?.submitted = states
        case .removal(let id): accounts[id]?.mayBeGone = true
        }
    }

    private mutating func answer(_ fact: DiskLog.Fact) {
        switch fact {
        case .message(let facts): accounts[facts.id]?.isAccepted = true
        // An attempt is recorded after the outcomes that were submitted before it.
        case .attempt(let id, _): settle(id)
        case .outcome(let id, _):
            settle(id)
            accounts[id]?.attempt = nil
            accounts[id]?.mayHaveSentDot = false
            accounts[id]?.hasSentDot = false
        case .removal(let id): accounts[id]?.isGone = true
        }
    }

    private mutating func settle(_ id: QueueID) {
        guard let states = accounts[id]?.submitted else { return }
        accounts[id]?.settled = states
        accounts[id]?.submitted = nil
    }

    // MARK: Comparison

    /// What is wrong with the spool in a directory, which no process uses.
    func faults(of path: String, after end: DiskImage.End) throws -> [String] {
        let inspector = try SpoolInspector(path: path)
        let found = Dictionary(uniqueKeysWithValues: try inspector.list(after: nil, limit: 10_000).map { ($0.id, $0) })
        var faults = found.keys.filter { accounts[$0] == nil }.map { "\($0) was never submitted" }
        for account in accounts.values {
            let id = account.facts.id
            guard let message = found[id] else {
                if account.isAccepted && !account.mayBeGone { faults.append("\(id) was accepted and is lost") }
                continue
            }
            if account.isGone { faults.append("\(id) was removed and is back") }
            faults += account.faults(of: message, after: end)
            let content = Result { try inspector.content(of: id) }
            if (try? content.get()) != account.facts.content { faults.append("\(id) has other content: \(content)") }
        }
        return faults
    }
}

extension SpoolBooks.Account {
    fileprivate func faults(of message: SpooledMessage, after end: DiskImage.End) -> [String] {
        guard message.recipients.map(\.address.text) == facts.recipients else {
            return ["\(facts.id) has other recipients"]
        }
        return message.recipients.indices.compactMap { index in
            let state = message.recipients[index].state.rawValue
            let allowed = states(of: index, after: end)
            guard !allowed.contains(state) else { return nil }
            return "\(facts.id), recipient \(index): \(state), not \(allowed.sorted().joined(separator: " or "))"
        }
    }
}

extension SpoolInspector {
    /// The whole content of a message in wire form.
    fileprivate func content(of id: QueueID) throws -> [UInt8]? {
        guard let reader = try openContent(of: id) else { return nil }
        var bytes: [UInt8] = []
        while true {
            let part = try read(reader)
            bytes += part.bytes.readableBytesView
            if part.isLast { return bytes }
        }
    }
}
