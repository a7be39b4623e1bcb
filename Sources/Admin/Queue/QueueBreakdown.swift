package import Mail
internal import Spool

/// What `queue stats --by` groups recipients by.
package enum QueueGrouping: String, Sendable, CaseIterable {
    case state, priority, domain, upstream, route, stream
    /// Of a failure.
    case failureClass = "class"
    /// By domain, and the age of the message.
    case age
}

/// Recipients in groups, and their messages.
package struct QueueBreakdown: Sendable {
    fileprivate struct Group: Sendable {
        var messages = 0
        var recipients = 0
        var octets = 0
        var oldest: Timestamp
        /// By column; empty unless by age.
        var ages: [Int]
        /// The message counted last.
        var last: QueueID?

        init(_ grouping: QueueGrouping, since oldest: Timestamp) {
            self.oldest = oldest
            ages = AgeColumns.zeros(for: grouping)
        }
    }

    private let grouping: QueueGrouping
    private let now: Timestamp
    /// By value; empty for none.
    private var groups: [String: Group] = [:]

    package init(_ grouping: QueueGrouping, at now: Timestamp) {
        self.grouping = grouping
        self.now = now
    }

    mutating func add(_ message: MessageGlance, _ matcher: QueueMatcher) {
        let column = AgeColumns.column(ofAge: now - message.receivedAt)
        matcher.forEachMatch(in: message) { recipient, place in
            let value = value(of: recipient, message, place)
            groups[value, default: Group(grouping, since: message.receivedAt)].add(message, column)
        }
    }

    private func value(
        of recipient: RecipientGlance, _ message: MessageGlance, _ place: QueuePlaces.Finder
    ) -> String {
        switch grouping {
        case .state: recipient.state
        case .priority: message.priority.name
        case .domain, .age: String(decoding: recipient.address.afterAt, as: UTF8.self).lowercased()
        case .upstream: recipient.upstream
        case .route: place.route(of: recipient)
        case .stream: place.stream(of: recipient)
        case .failureClass: recipient.failureClass ?? ""
        }
    }

    /// The group with the most recipients first.
    package var documents: [GroupDocument] {
        groups.map { value, group in
            GroupDocument(
                by: grouping.rawValue, value: value.isEmpty ? nil : value, messages: group.messages,
                recipients: group.recipients, bytes: group.octets,
                oldestAgeSeconds: max(0, Int((now - group.oldest).components.seconds)),
                ages: grouping == .age ? AgeColumns.named(group.ages) : nil)
        }.sorted { ($1.recipients, $0.value ?? "") < ($0.recipients, $1.value ?? "") }
    }
}

extension QueueBreakdown.Group {
    fileprivate mutating func add(_ message: MessageGlance, _ column: Int) {
        recipients += 1
        if !ages.isEmpty { ages[column] += 1 }
        guard last != message.id else { return }
        last = message.id
        messages += 1
        octets += message.size
        oldest = min(oldest, message.receivedAt)
    }
}

/// The columns of `--by age`, as qshape has them: each holds ages below its number of minutes that are in none before.
package enum AgeColumns {
    private static let minutes = [5, 10, 20, 40, 80, 160, 320, 640, 1280]
    package static let names = minutes.map(String.init) + ["1280+"]

    static func column(ofAge age: Duration) -> Int {
        minutes.firstIndex { age < .seconds($0 * 60) } ?? minutes.count
    }

    static func zeros(for grouping: QueueGrouping) -> [Int] {
        grouping == .age ? Array(repeating: 0, count: names.count) : []
    }

    static func named(_ counts: [Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: zip(names, counts))
    }
}
