package import Mail
package import NIOCore
package import Spool
import Synchronization

/// Finds the messages that match a filter, page by page, so that nobody has to wait for the whole.
package struct QueueListing: Sendable {
    private let filter: QueueFilter
    private let source: any QueueSource
    private let matcher: QueueMatcher

    /// Messages that are looked at together.
    private static let pageSize = 1000

    /// - Throws: ``AdminError`` for a bad regular expression.
    package init(_ filter: QueueFilter, in source: any QueueSource, now: Timestamp) throws(AdminError) {
        self.filter = filter
        self.source = source
        matcher = try QueueMatcher(filter, places: source.places, now: now)
    }

    /// Number of matching messages, from the filter's start and up to its limit.
    package func count() async throws -> Int {
        let matcher = matcher
        let count = try await fold(0, from: filter.after) { count, message in
            if matcher.matches(message) { count += 1 }
        }
        return min(count, filter.limit ?? .max)
    }

    /// Matching messages with the addresses of their matching recipients, by queue ID, page by page.
    func forEachPageOfMatches(_ body: ([(id: QueueID, addresses: [String])]) async throws -> Void) async throws {
        let matcher = matcher
        var (last, left) = (filter.after, filter.limit ?? Int.max)
        repeat {
            let (page, end) = try await source.scan(
                after: last, limit: Self.pageSize, into: [(id: QueueID, addresses: [String])]()
            ) { matches, message in
                var addresses: [String] = []
                matcher.forEachMatch(in: message) { recipient, _ in
                    addresses.append(String(decoding: recipient.address, as: UTF8.self))
                }
                if !addresses.isEmpty { matches.append((message.id, addresses)) }
            }
            let matches = Array(page.prefix(left))
            left -= matches.count
            last = end
            if !matches.isEmpty { try await body(matches) }
        } while last != nil && left > 0
    }

    /// Adds up all messages that match, regardless of the filter's start and limit.
    package func breakdown(by grouping: QueueGrouping, at now: Timestamp) async throws -> QueueBreakdown {
        let matcher = matcher
        return try await fold(QueueBreakdown(grouping, at: now), from: nil) { $0.add($1, matcher) }
    }

    /// What waits on each route, of all messages that match, likewise.
    func loads() async throws -> [String: RouteLoad] {
        let matcher = matcher
        return try await fold([String: RouteLoad](), from: nil) { $0.add($1, matcher) }
    }

    /// What waits of each stream, of all messages that match, likewise.
    ///
    /// - Parameter known: streams that are kept apart in any case.
    func streams(known: Set<String>) async throws -> StreamLoads {
        let matcher = matcher
        return try await fold(StreamLoads(known: known), from: nil) { $0.add($1, matcher) }
    }

    /// Messages with a recipient of exactly this stream that waits, by queue ID, likewise; without the relay's own notices, which go
    /// whatever happens to streams.
    func ids(ofStream name: String) async throws -> [QueueID] {
        let matcher = matcher
        return try await fold([QueueID](), from: nil) { ids, message in
            guard !message.isNotice else { return }
            var isMeant = false
            matcher.forEachMatch(in: message) { recipient, place in
                isMeant = isMeant || !StreamLoad.isDone(recipient.state) && place.stream(of: recipient) == name
            }
            if isMeant { ids.append(message.id) }
        }
    }

    /// Totals of all messages that match, likewise.
    package func statistics() async throws -> SpoolStatistics {
        let matcher = matcher
        return try await fold(SpoolStatistics(), from: nil) { statistics, message in
            guard matcher.matches(message) else { return }
            statistics.messages += 1
            statistics.octets += message.size
            statistics.oldestReceivedAt = min(statistics.oldestReceivedAt ?? message.receivedAt, message.receivedAt)
            matcher.forEachMatch(in: message) { recipient, _ in
                statistics.recipients += 1
                statistics.byState[recipient.state, default: 0] += 1
            }
        }
    }

    /// The queue IDs of matching messages, by queue ID, page by page.
    package func forEachPageOfIDs(_ body: ([QueueID]) async throws -> Void) async throws {
        let matcher = matcher
        var (last, left) = (filter.after, filter.limit ?? Int.max)
        repeat {
            let (page, end) = try await source.scan(after: last, limit: Self.pageSize, into: [QueueID]()) {
                ids, message in
                if matcher.matches(message) { ids.append(message.id) }
            }
            let ids = Array(page.prefix(left))
            left -= ids.count
            last = end
            if !ids.isEmpty { try await body(ids) }
        } while last != nil && left > 0
    }

    /// Matching messages as lines of JSON with their ends, many at a time.
    ///
    /// - Parameter sort: nil for by queue ID.
    package func forEachPage(
        sorted sort: QueueSort? = nil, isReversed: Bool = false, _ body: (ByteBuffer) async throws -> Void
    ) async throws {
        if let sort { return try await forEachPage(of: try await ids(by: sort, isReversed), body) }
        if let ids = filter.ids { return try await forEachPage(of: ids.sorted(), body) }
        let outlook = await source.outlook()
        var page = try await page(after: filter.after, left: filter.limit ?? Int.max, outlook)
        var left = (filter.limit ?? Int.max) - page.count
        while let last = page.last, left > 0 {
            // The next page is read while the client takes this one.
            let room = left
            async let next = self.page(after: last, left: room, outlook)
            if page.count > 0 { try await body(page.lines) }
            page = try await next
            left -= page.count
        }
        if page.count > 0 { try await body(page.lines) }
    }

    private struct Page: Sendable {
        var lines = ByteBuffer()
        var count = 0
        var last: QueueID?
    }

    private func page(after last: QueueID?, left: Int, _ outlook: QueueOutlook) async throws -> Page {
        let (matcher, source) = (matcher, source)
        var (page, end) = try await source.scan(after: last, limit: Self.pageSize, into: Page()) { page, message in
            guard page.count < left, matcher.matches(message) else { return }
            page.count += 1
            page.lines.write(message.message, from: source, outlook)
        }
        page.last = end
        return page
    }

    /// Sorted, and no more than the limit.
    private func ids(by sort: QueueSort, _ isReversed: Bool) async throws -> [QueueID] {
        let matcher = matcher
        var keys = try await fold([QueueSort.Key](), from: filter.after) { keys, message in
            if matcher.matches(message) { keys.append(sort.key(of: message)) }
        }
        keys.sort { isReversed ? QueueSort.Key.isBefore($1, $0) : QueueSort.Key.isBefore($0, $1) }
        return keys.prefix(filter.limit ?? Int.max).map(\.id)
    }

    private func forEachPage(of ids: [QueueID], _ body: (ByteBuffer) async throws -> Void) async throws {
        let outlook = await source.outlook()
        var rest = ids[...]
        var lines = try await page(of: rest.prefix(Self.pageSize), outlook)
        while !rest.isEmpty {
            rest = rest.dropFirst(Self.pageSize)
            let following = rest.prefix(Self.pageSize)
            // The next page is read while the client takes this one.
            async let next = page(of: following, outlook)
            if lines.readableBytes > 0 { try await body(lines) }
            lines = try await next
        }
    }

    private func page(of ids: ArraySlice<QueueID>, _ outlook: QueueOutlook) async throws -> ByteBuffer {
        let (matcher, source) = (matcher, source)
        return try await source.scan(Array(ids), into: ByteBuffer()) { lines, message in
            if matcher.matches(message) { lines.write(message.message, from: source, outlook) }
        }
    }

    private func fold<Result: Sendable>(
        _ start: Result, from first: QueueID?, _ look: @escaping @Sendable (inout Result, MessageGlance) -> Void
    ) async throws -> Result {
        let total = Total(start)
        var last = first
        repeat {
            last = try await source.scan(after: last, limit: Self.pageSize, into: total) { total, message in
                total.value.withLock { look(&$0, message) }
            }.last
        } while last != nil
        return total.value.withLock { $0 }
    }
}

/// What a fold has come to, shared by its pages: handed on by value, a long one would be copied for each of them.
private final class Total<Value: Sendable>: Sendable {
    let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }
}

extension ByteBuffer {
    fileprivate mutating func write(_ message: SpooledMessage, from source: any QueueSource, _ outlook: QueueOutlook) {
        write(MessageDocument(source.shown(message), outlook: outlook, places: source.places))
    }
}
