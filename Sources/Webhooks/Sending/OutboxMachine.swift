package import Mail
package import Spool

/// The events of one webhook on their way: what to send next, and when. A value without IO or a clock.
///
/// It holds a window of the events that wait, in the order of their numbers, and a few of each message; the others stay in
/// the outbox, and if the window is full, those that were tried go back there. Events of one message are sent one after
/// another; those of different messages beside each other. After a failure the receiver is left alone for a while, and
/// then tried with one event, the least tried of those that are due: one that is always refused does not keep the others.
package struct OutboxMachine: Sendable {
    /// What the owner must do next.
    package enum Action: Sendable, Equatable {
        /// Report ``answered(_:_:now:random:)``.
        case send(OutboxEntry)
        /// Read this, and report ``loaded(_:_:)`` or ``loadFailed(_:now:)``.
        case load(OutboxPage)
        /// Write this to the outbox, and report ``written(_:count:)`` or ``notWritten(_:now:)``.
        case write(OutboxWrite)
        /// Nothing until something is reported, or until then.
        case wait(until: Timestamp?)
    }

    private enum Receiver: Sendable {
        /// It has taken the last event. Becomes `resting` with a failure.
        case works
        /// Nothing is sent before `until`. Becomes `tried`.
        case resting(failures: Int, until: Timestamp)
        /// One event is on its way. Becomes `works` or `resting`.
        case tried(failures: Int)
    }

    private struct Item: Sendable {
        var entry: OutboxEntry
        var isSending = false

        var order: (Int, Int) { (entry.attempts, entry.number) }
    }

    /// Events in memory.
    static let window = 200
    /// Events of one message in memory.
    static let depth = 8
    /// Time until a failed reading or writing of the outbox is repeated.
    static let pause = Duration.seconds(5)

    private var limits: WebhookLimits
    private let backoff: Backoff
    private var receiver = Receiver.works
    /// In the order of their numbers.
    private var items: [Item] = []
    /// Greatest number that has been read.
    private var last = 0
    private var reading = Reading.due
    private var parked = ParkedMessages()
    private var fetching = Fetching.nothing
    /// Whether the last page was one of all messages: the two kinds take turns.
    private var hasScanned = false
    /// Events that are done with, while the outbox may still show them.
    private var unwritten: Set<Int> = []
    private var repeats = OutboxRepeats()
    private var lastReason: String?

    private enum Reading: Sendable {
        /// The outbox may hold more. Becomes `running`.
        case due
        /// Not before this time.
        case later(Timestamp)
        /// A page is on its way. Becomes `due` or `done`.
        case running
        /// As `running`, and events have been added meanwhile. Becomes `due`.
        case runningTwice
        /// As `running`, and its page is of no use. Becomes `due`.
        case outdated
        /// Everything has been read.
        case done
    }

    /// The reading of one message's events; nothing else is read meanwhile.
    private enum Fetching: Sendable {
        case nothing
        /// Its page is on its way. Becomes `nothing`.
        case running
        /// As `running`, and the page is of no use. Becomes `nothing`.
        case outdated
    }

    package init(_ limits: WebhookLimits) {
        self.init(limits, Backoff())
    }

    init(_ limits: WebhookLimits, _ backoff: Backoff) {
        self.limits = limits
        self.backoff = backoff
    }

    package mutating func adapt(_ limits: WebhookLimits) {
        self.limits = limits
    }

    // MARK: - Events

    /// Events have been added to the outbox.
    package mutating func woken() {
        switch reading {
        case .done: reading = .due
        case .running: reading = .runningTwice
        case .due, .later, .runningTwice, .outdated: break
        }
    }

    /// Events with any number may wait again: everything is read anew.
    package mutating func restart() {
        items.removeAll { !$0.isSending }
        parked.removeAll()
        last = 0
        switch reading {
        case .running, .runningTwice, .outdated: reading = .outdated
        case .due, .later, .done: reading = .due
        }
        switch fetching {
        case .running, .outdated: fetching = .outdated
        case .nothing: break
        }
    }

    package mutating func loaded(_ entries: [OutboxEntry], _ page: OutboxPage) {
        if let message = page.message { return fetched(entries, of: message, page) }
        switch reading {
        case .outdated: return reading = .due
        case .runningTwice: reading = .due
        case .running, .due, .later, .done: reading = entries.count < page.limit ? .done : .due
        }
        add(entries)
        last = max(last, entries.last?.number ?? 0)
    }

    private mutating func fetched(_ entries: [OutboxEntry], of message: QueueID, _ page: OutboxPage) {
        if case .outdated = fetching { return fetching = .nothing }
        fetching = .nothing
        guard let place = parked.take(message) else { return }
        var entries = entries
        if entries.first?.number == place.after + 1 { entries[0].attempts = max(entries[0].attempts, place.attempts) }
        add(entries)
        guard entries.count == page.limit, let last = entries.last, !parked.contains(message) else { return }
        parked.park(message, ParkedMessages.Place(after: last.number))
    }

    /// Those of a message beyond its share stay in the outbox.
    private mutating func add(_ entries: [OutboxEntry]) {
        let known = unwritten.union(items.map(\.entry.number))
        var counts = Dictionary(grouping: items, by: \.entry.message).mapValues(\.count)
        for entry in entries where !known.contains(entry.number) && !parked.contains(entry.message) {
            let count = counts[entry.message, default: 0]
            if count < Self.depth {
                items.append(Item(entry: entry))
                counts[entry.message] = count + 1
            } else {
                parked.park(entry.message, ParkedMessages.Place(after: entry.number - 1))
            }
        }
        items.sort { $0.entry.number < $1.entry.number }
    }

    package mutating func loadFailed(_ page: OutboxPage, now: Timestamp) {
        guard let message = page.message else { return reading = .later(now + Self.pause) }
        fetching = .nothing
        parked.delay(message, until: now + Self.pause)
    }

    /// - Parameter count: of its events that the outbox still had.
    /// - Returns: what is worth telling.
    package mutating func written(_ write: OutboxWrite, count: Int) -> [WebhookNews] {
        unwritten.subtract(write.numbers)
        repeats.written(write)
        if count == 0 { forget(write) }
        return write.news(count: count)
    }

    /// The outbox does not have a failed event any more: an operator has dropped it, or there was no room.
    private mutating func forget(_ write: OutboxWrite) {
        for case .postpone(let number, _, _, _) in write.updates {
            items.removeAll { $0.entry.number == number && !$0.isSending }
        }
    }

    /// The outbox is as before. What was done with is written again, and not sent again.
    package mutating func notWritten(_ write: OutboxWrite, now: Timestamp) {
        repeats.add(write, at: now + Self.pause)
    }

    /// An event has been sent.
    ///
    /// - Parameter random: 0 to 1.
    /// - Returns: what to write, and what is worth telling; nil if it is not known any more.
    package mutating func answered(
        _ number: Int, _ answer: WebhookAnswer, now: Timestamp, random: Double
    ) -> (OutboxWrite, [WebhookNews])? {
        guard let place = items.firstIndex(where: { $0.entry.number == number && $0.isSending }) else { return nil }
        items[place].isSending = false
        switch answer {
        case .taken: return taken(place)
        case .failed(let reason, let wish): return failed(place, reason, wish, now, random)
        }
    }

    private mutating func taken(_ place: Int) -> (OutboxWrite, [WebhookNews]) {
        let entry = items.remove(at: place).entry
        unwritten.insert(entry.number)
        var news = [WebhookNews.delivered]
        if failures > 0 { news.append(.recovered) }
        receiver = .works
        return (OutboxWrite(.remove([entry.number])), news)
    }

    private mutating func failed(
        _ place: Int, _ reason: String, _ wish: Duration?, _ now: Timestamp, _ random: Double
    ) -> (OutboxWrite, [WebhookNews]) {
        items[place].entry.attempts += 1
        let attempts = items[place].entry.attempts
        items[place].entry.reason = reason
        lastReason = reason
        var news = [WebhookNews.refused]
        if rest(wish, now, random), case .resting(_, let until) = receiver {
            news.append(.failed(reason: reason, until: until))
        }
        guard attempts < limits.attempts else { return (bury([place], reason), news) }
        let until = now + backoff.delay(after: attempts, wish: wish, random: random)
        items[place].entry.notBefore = until
        let number = items[place].entry.number
        return (OutboxWrite(.postpone(number, attempts: attempts, until: until, reason: reason)), news)
    }

    /// The receiver is left alone for a while.
    ///
    /// - Returns: whether it worked before.
    private mutating func rest(_ wish: Duration?, _ now: Timestamp, _ random: Double) -> Bool {
        switch receiver {
        case .works:
            receiver = .resting(failures: 1, until: now + backoff.delay(after: 1, wish: wish, random: random))
            return true
        case .tried(let failures):
            let delay = backoff.delay(after: failures + 1, wish: wish, random: random)
            receiver = .resting(failures: failures + 1, until: now + delay)
        // One of those that were under way with the first.
        case .resting(let failures, let until):
            receiver = .resting(failures: failures, until: max(until, now + min(wish ?? .zero, backoff.longestWish)))
        }
        return false
    }

    private mutating func bury(_ places: [Int], _ reason: String) -> OutboxWrite {
        let entries = places.map { items[$0].entry }
        for place in places.reversed() { items.remove(at: place) }
        unwritten.formUnion(entries.map(\.number))
        return OutboxWrite(entries.map { .bury($0.number, attempts: $0.attempts, reason: $0.reason ?? reason) })
    }

    // MARK: - Actions

    package mutating func next(now: Timestamp) -> Action {
        if let write = repeats.next(now: now) { return .write(write) }
        if let write = buryExpired(now) { return .write(write) }
        if let page = nextPage(now) { return .load(page) }
        guard let place = choose(now) else { return .wait(until: nextTime(now)) }
        if case .resting(let failures, _) = receiver { receiver = .tried(failures: failures) }
        items[place].isSending = true
        return .send(items[place].entry)
    }

    /// Events that were never tried go first: new ones, and in turn with them further ones of messages.
    private mutating func nextPage(_ now: Timestamp) -> OutboxPage? {
        guard !isReading else { return nil }
        let isDue = isReadingDue(now)
        if isDue { makeRoom() }
        guard items.count <= Self.window / 2 else { return nil }
        let present = Set(items.map(\.entry.message))
        let fresh = parked.isEmpty ? nil : parked.next(now: now, isTried: false, except: present)
        if isDue, fresh == nil || !hasScanned { return scan() }
        return (fresh ?? parked.next(now: now, isTried: true, except: present)).map { fetch($0.message, $0.place) }
    }

    private mutating func scan() -> OutboxPage {
        reading = .running
        hasScanned = true
        return OutboxPage(after: last, limit: Self.window - items.count)
    }

    private mutating func fetch(_ message: QueueID, _ place: ParkedMessages.Place) -> OutboxPage {
        fetching = .running
        hasScanned = false
        return OutboxPage(after: place.after, limit: Self.depth, message: message)
    }

    /// Messages whose next event was tried go back to the outbox, the most tried first, as far as the room is needed.
    private mutating func makeRoom() {
        guard items.count > Self.window / 2 else { return }
        let tried = free.map { items[$0].entry }.filter { $0.attempts > 0 }.sorted { $0.attempts > $1.attempts }
        for entry in tried where items.count > Self.window / 2 {
            items.removeAll { $0.entry.message == entry.message }
            parked.park(
                entry.message,
                ParkedMessages.Place(after: entry.number - 1, due: entry.notBefore, attempts: entry.attempts))
        }
    }

    private var isReading: Bool {
        switch fetching {
        case .running, .outdated: return true
        case .nothing: break
        }
        switch reading {
        case .running, .runningTwice, .outdated: return true
        case .due, .later, .done: return false
        }
    }

    private func isReadingDue(_ now: Timestamp) -> Bool {
        switch reading {
        case .due: true
        case .later(let time): time <= now
        case .running, .runningTwice, .outdated, .done: false
        }
    }

    /// Those that have been tried for too long.
    private mutating func buryExpired(_ now: Timestamp) -> OutboxWrite? {
        let places = items.indices.filter { end(of: items[$0]).map { $0 <= now } ?? false }
        guard !places.isEmpty else { return nil }
        return bury(places, lastReason ?? "not delivered in time")
    }

    /// When an event is given up; nil while it is on its way, or if it was never tried: the relay may have been down, or
    /// relay.conf without the webhook.
    private func end(of item: Item) -> Timestamp? {
        item.isSending || item.entry.attempts == 0 ? nil : item.entry.retryFrom + limits.retryFor
    }

    /// The least tried of those that may be sent now, and of these the oldest.
    private func choose(_ now: Timestamp) -> Int? {
        switch receiver {
        case .works:
            guard items.count(where: \.isSending) < limits.concurrency else { return nil }
        case .resting(_, let until):
            guard until <= now, !items.contains(where: \.isSending) else { return nil }
        case .tried: return nil
        }
        return free.filter { items[$0].entry.notBefore <= now }.min { items[$0].order < items[$1].order }
    }

    /// Those that wait for no other one of their message: an earlier one, or one that is on its way.
    private var free: [Int] {
        var seen = Set(items.filter(\.isSending).map(\.entry.message))
        return items.indices.filter { seen.insert(items[$0].entry.message).inserted }
    }

    /// When the answer of ``next(now:)`` may change without a report.
    private func nextTime(_ now: Timestamp) -> Timestamp? {
        var times = items.compactMap(end)
        if case .later(let time) = reading { times.append(time) }
        if let time = repeats.time { times.append(time) }
        if let time = parked.time(after: now, except: Set(items.map(\.entry.message))) { times.append(time) }
        switch receiver {
        case .works: times += free.map { items[$0].entry.notBefore }
        case .resting(_, let until): times += free.map { max(items[$0].entry.notBefore, until) }
        case .tried: break
        }
        return times.filter { $0 > now }.min()
    }

    // MARK: - Status

    /// Failures in a row; 0 while the receiver works.
    package var failures: Int {
        switch receiver {
        case .works: 0
        case .resting(let failures, _), .tried(let failures): failures
        }
    }

    package var status: WebhookStatus {
        let until: Timestamp? = if case .resting(_, let until) = receiver { until } else { nil }
        return WebhookStatus(failures: failures, reason: failures > 0 ? lastReason : nil, nextAttemptAt: until)
    }
}
