import Admin
import Console
import Glibc
import NIOCore

/// Follows the events of a relay, through its restarts.
struct EventFollower: Sendable {
    let relay: RelayClient
    let question: EventQuestion
    let page: EventPage

    /// Returns when the task is cancelled; throws ``Failure`` if the relay cannot be asked, or refuses.
    func run() async throws {
        var thread = EventThread()
        while !Task.isCancelled {
            do {
                try await follow(&thread)
                guard !Task.isCancelled else { return }
                try await pause(thread.ended(nil))
            } catch let error as AdminClientError {
                guard !Task.isCancelled else { return }
                try await pause(thread.ended(error))
            } catch {
                guard !Task.isCancelled else { return }
                throw error
            }
        }
    }

    private func follow(_ thread: inout EventThread) async throws {
        var standardOutput = Output()
        try await relay.askDirectly { client in
            try await client.followEvents(at: AdminPath.events(question), after: thread.lastID) { events in
                if thread.isBack(with: events) { Failure.report("the relay answers again") }
                for line in events.compactMap(page.line) { standardOutput.line(line) }
                standardOutput.flush()
                // Nobody may read any more, long before there is another event.
                if !standardOutput.hasReader { Glibc.exit(0) }
            }
        }
    }

    private func pause(_ next: EventThread.Next) async throws {
        switch next {
        case .again(let delay, let note):
            if let note { Failure.report(note) }
            try? await Task.sleep(for: delay)
        case .fail(let error): throw relay.place.failure(error)
        }
    }
}

/// What a follower knows of the stream: where it is, and whether it has lost the relay. A value without IO.
struct EventThread {
    enum Next: Equatable {
        /// Ask again after a pause, and say so.
        case again(after: Duration, note: String?)
        case fail(AdminClientError)
    }

    /// The id to go on after.
    private(set) var lastID: String?
    private var hasConnected = false
    /// Whether the relay has dropped this reader, and another request gets the rest.
    private(set) var isDropped = false
    /// Attempts in a row that have led to no event.
    private var failures = 0

    private static let longest = 10

    /// Events have come.
    ///
    /// - Returns: whether the relay was lost before.
    mutating func isBack(with events: [StreamedEvent]) -> Bool {
        guard !events.isEmpty else { return false }
        defer { (failures, hasConnected) = (0, true) }
        lastID = events.last?.id ?? lastID
        isDropped = events.contains { $0.name == "dropped" }
        return failures > 0
    }

    /// The answer has ended, or there was none.
    mutating func ended(_ error: AdminClientError?) -> Next {
        defer { isDropped = false }
        guard error != nil || !isDropped else { return .again(after: .zero, note: nil) }
        if let error, !hasConnected || !Self.mayPass(error) { return .fail(error) }
        failures += 1
        let note = failures == 1 ? "the relay has ended the stream; asking again until it is back" : nil
        return .again(after: .seconds(min(failures, Self.longest)), note: note)
    }

    private static func mayPass(_ error: AdminClientError) -> Bool {
        switch error {
        case .notRunning, .noAnswer, .failed: true
        case .refused(let status, _): status == 503 || status == 429
        case .forbidden, .unusable: false
        }
    }
}
