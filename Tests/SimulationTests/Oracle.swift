import Mail
import NIOCore
import Notices
import Spool
import TestKit
import Upstreams

@testable import Delivery

/// Knows everything that happens on both sides, and so whether the relay has kept its promises.
///
/// Watches what reaches the servers and what becomes durable, and trusts nothing the relay says about itself.
final class Oracle {
    /// A final dot that has reached a server.
    final class Dot {
        let recipients: [Int]
        let upstream: Int
        /// When the attempt began, according to durable state.
        let began: Timestamp
        var isTaken = false
        var takenAt: Timestamp?
        /// The reply as received by the relay.
        var answer: UInt16?
        /// When the relay lost the ability to know what happened.
        var doubtSince: Timestamp?

        init(recipients: [Int], upstream: Int, began: Timestamp) {
            self.recipients = recipients
            self.upstream = upstream
            self.began = began
        }
    }

    /// An upstream's in-doubt settings.
    struct Policy {
        let name: String
        let inDoubt: InDoubtPolicy
        let hold: Duration
        /// Whether it tells senders of deliveries itself.
        let reports: Bool
    }

    struct Message {
        let accepted: SpooledMessage
        let recipients: [String]
        let body: BodyType
        /// The upstreams that each recipient's route permits now, or an order.
        var candidates: [[Int]]
        /// Those that a route has permitted at any time, or at all times.
        var ever: [Set<Int>]
        var always: [Set<Int>]
        /// Those that an order has permitted.
        var permitted: [Set<Int>]
        let receivedAt: Timestamp
        let id: QueueID
        let wire: ByteBuffer
        /// Whether every upstream refuses the content.
        let isUnwanted: Bool
        var isDurable = false
        var isRefused = false
        var isAcknowledged = false
        var isGone = false
        var dots: [Dot] = []
        /// Recipients with a permanent verdict by an upstream, about them or about their message.
        var condemned: Set<Int> = []
        /// Upstreams that have permanently refused a recipient in unknown words.
        var refusers: [Int: Set<Int>] = [:]
        /// Upstreams that have given a permanent verdict about a recipient, or about the message to it.
        var condemners: [Int: Set<Int>] = [:]
        /// Whether it has left before there was any trouble.
        var isUntroubled = false
        /// Recipients that may be in doubt at an upstream whose doubts go to an operator.
        var holdable: Set<Int> = []
        /// According to durable state.
        var durable: [Recipient]
        /// When an order has released it before its time.
        var releasedAt: Timestamp?
        /// Where an order has moved it.
        var move: Move?
        /// Where an order was to move a recipient, and has not: its route does not lead there.
        var unmoved: [Int: Set<Int>] = [:]
        /// The attempt that was durable when its final dot was written.
        var noted: OpenAttempt?
        var hasNotedArrived = true
        /// Start of the last attempt whose final dot was written but has not reached its server.
        var lostSince: Timestamp?

        /// How long before its commit a notice may have been written.
        var written = Duration.zero

        var states: [Recipient.State] { durable.map(\.state) }
        /// From when on its time counts, if no order has released it.
        var began: Timestamp { accepted.releaseAt ?? receivedAt }
        /// The earliest from which its time may count.
        var earliest: Timestamp { min(began, releasedAt ?? began) - written }
    }

    var messages: [Message] = []
    private(set) var index: [QueueID: Int] = [:]
    /// Messages that are probes, by their number as such.
    private(set) var probes: [UInt64: Int] = [:]
    /// Findings; the first one ends the run.
    private(set) var problems: [String] = []
    let policies: [Policy]
    private var switchedOff: Set<Int> = []
    var settings: DeliverySettings
    /// Schedules of before.
    var former: [(until: Timestamp, retry: RetrySettings)] = []
    var reloadedAt: Timestamp?
    /// Upstreams that are not in relay.conf.
    var removals: [Int: Removal] = [:]
    /// When upstreams last came back into it.
    var returnedAt: [Int: Timestamp] = [:]
    /// The upstreams that the routes of a message's recipients permit.
    var candidates: (SpooledMessage) -> [[Int]] = { _ in [] }
    /// Whether an upstream has given no reason since then to send mail elsewhere.
    var isBlameless: (_ upstream: Int, _ since: Timestamp) -> Bool = { _, _ in false }
    /// Whether nothing has gone wrong anywhere until now.
    var isUntroubled: () -> Bool = { false }
    /// Hears of final dots at servers, with the number of their message.
    var hasDotted: (Dot, _ message: Int) -> Void = { _, _ in }
    /// Messages of the relay's own, by the address of their recipient.
    private var notices: [String: [Int]] = [:]
    private let secrets: Secrets
    /// When somebody set the system's clock for the last time.
    private var clockSetAt: Timestamp?
    /// When the disk had trouble for the last time.
    private var diskTroubleAt: Timestamp?
    let now: () -> Timestamp

    /// When final dots have reached servers, by the name of their domain's pace, with the number of recipients each.
    var handOvers: [String: [(at: Timestamp, count: Int)]] = [:]

    // Operators' orders.
    var orders: [Int: Order] = [:]
    var lastOrder = 0
    var changesByOrder: [QueueID: Int] = [:]
    /// Messages that operators have ordered to be dropped.
    var mayBeDropped: Set<QueueID> = []
    /// Recipients in doubt that operators hold.
    var heldDoubts: [QueueID: Set<Int>] = [:]

    // Outcome of the runs, for the totals.
    private(set) var takes = 0
    private var gone = 0
    private(set) var duplicates = 0
    private(set) var doubts = 0

    init(
        _ policies: [Policy], _ settings: DeliverySettings, secrets: Secrets = Secrets([]),
        now: @escaping () -> Timestamp
    ) {
        self.policies = policies
        self.secrets = secrets
        self.settings = settings
        self.now = now
    }

    func problem(_ text: String) { problems.append(text) }

    /// The relay says or records something for people.
    func told(_ text: String) {
        if let secret = secrets.first(in: text) { problem("the relay tells the secret \(secret): \(text)") }
    }

    func name(_ message: Int) -> String { "message \(message) (\(messages[message].id))" }

    // MARK: - Incoming

    func submitted(_ new: SpooledMessage, wire: ByteBuffer, isUnwanted: Bool) {
        index[new.id] = messages.count
        if let probe = new.probe { probes[probe.number] = messages.count }
        let candidates = candidates(new)
        messages.append(
            Message(
                accepted: new, recipients: new.recipients.map(\.address.text), body: new.body,
                candidates: candidates, ever: candidates.map { Set($0) }, always: candidates.map { Set($0) },
                permitted: candidates.map { _ in [] }, receivedAt: now(), id: new.id, wire: wire,
                isUnwanted: isUnwanted,
                durable: new.recipients))
    }

    /// The spool has refused it.
    func refused(_ id: QueueID) {
        guard let index = index[id] else { return }
        messages[index].isRefused = true
    }

    /// The relay writes a message itself.
    func noticed(_ notice: SpooledMessage, wire: ByteBuffer) {
        notices[notice.recipients[0].address.text, default: []].append(messages.count)
        submitted(notice, wire: wire, isUnwanted: false)
        messages[messages.count - 1].written = isPrompt ? .seconds(3) : .seconds(60)
    }

    /// The notices that a recipient at a server may be meant for.
    func notices(to address: String) -> [Int] { notices[address] ?? [] }

    /// Which of these messages the content is of.
    func message(in content: ByteBuffer, of messages: [Int]) -> Int? {
        guard messages.count > 1 else { return messages.first }
        let head = content.getString(at: content.readerIndex, length: min(400, content.readableBytes)) ?? ""
        return messages.first { head.contains("X-Posthorse-ID: \(self.messages[$0].id)\r\n") }
    }

    /// An operator moves a message to an upstream, where its route need not lead.
    func permit(_ upstream: String, _ id: QueueID) {
        guard let index = index[id], let place = policies.firstIndex(where: { $0.name == upstream }),
            messages[index].accepted.probe?.upstream == nil
        else { return }
        for recipient in messages[index].candidates.indices
        where !messages[index].candidates[recipient].contains(place) {
            messages[index].candidates[recipient].append(place)
            messages[index].ever[recipient].insert(place)
            messages[index].permitted[recipient].insert(place)
            messages[index].unmoved[recipient, default: []].insert(place)
        }
    }

    func acknowledged(_ id: QueueID) {
        guard let index = index[id] else { return }
        messages[index].isAcknowledged = true
        if !messages[index].isDurable { problem("\(name(index)) was acknowledged before it was durable") }
    }

    // MARK: - Durable changes

    func inserted(_ id: QueueID) {
        guard let index = index[id] else { return problem("a message \(id) that nobody has sent became durable") }
        messages[index].isDurable = true
        if messages[index].isRefused { problem("\(name(index)) was refused, and is in the spool") }
    }

    /// A new state has become durable, together with these notices.
    ///
    /// - Parameter orders: one of which has done it; none if the relay did it by itself.
    func settled(
        _ id: QueueID, _ recipients: [Recipient], notices: [SpoolContents.Notice] = [], by orders: [QueueOrder] = []
    ) {
        guard let index = index[id] else { return }
        if recipients.allSatisfy(\.isSettled), !messages[index].isGone {
            messages[index].isGone = true
            messages[index].isUntroubled = isUntroubled()
            gone += 1
        }
        if orders.contains(.release), messages[index].states.contains(where: { $0 == .scheduled || $0 == .held }) {
            messages[index].releasedAt = now()
        }
        checkNotices(index, recipients, notices, by: orders)
        for (position, recipient) in recipients.enumerated() {
            if let reply = recipient.lastReply { told(reply) }
            let old = messages[index].durable[position]
            messages[index].durable[position] = recipient
            check(index, position, was: old.state, becomes: recipient.state, recipient.lastReply ?? "")
            checkTimes(index, position, was: old, becomes: recipient, isOrdered: !orders.isEmpty)
        }
    }

    private func check(
        _ message: Int, _ recipient: Int, was old: Recipient.State, becomes state: Recipient.State, _ last: String
    ) {
        guard old != state else { return }
        let who = "\(name(message)): recipient \(recipient)"
        if old == .delivered || old == .failed { return problem("\(who) was \(old) and became \(state)") }
        switch state {
        case .delivered:
            let isTrue = messages[message].dots.contains {
                $0.recipients.contains(recipient) && $0.isTaken && ($0.answer ?? 0) / 100 == 2
            }
            if !isTrue { problem("\(who) is recorded as delivered, and no upstream has said so") }
        case .failed
        where mayBeDropped.contains(messages[message].id) && [QueueOrder.dropped, QueueOrder.withdrawn].contains(last):
            break
        case .failed where last.hasPrefix(MessageCycle.droppedPrefix) && messages[message].accepted.probe != nil:
            judgeDrop(message, who)
        case .failed:
            let entry = messages[message]
            let limit = shortestLife(for: entry.accepted.priority)
            let isExpired = now() - entry.earliest >= limit
            if !isExpired, !messages[message].condemned.contains(recipient) { judgeBounce(message, recipient, who) }
            if isExpired, last == "expired" || last.hasPrefix("expired;") { judgeExpiry(message, who) }
        case .queued, .deferred, .scheduled, .held, .inDoubt: break
        }
    }

    /// Mail from before the clock was set expires only once each message has had its turn since.
    private func judgeExpiry(_ message: Int, _ who: String) {
        guard let clockSetAt, messages[message].receivedAt <= clockSetAt else { return }
        if now() - clockSetAt < shortestTurn(for: messages[message].accepted.priority) - .milliseconds(2) {
            problem("\(who) expired \((now() - clockSetAt).milliseconds) ms after the clock was set, untried since")
        }
    }

    func clockWasSet() { clockSetAt = now() }

    func diskHadTrouble() { diskTroubleAt = now() }

    /// Whether what becomes durable was decided within the last three seconds.
    private var isPrompt: Bool { diskTroubleAt.map { now() - $0 > .seconds(5) } ?? true }

    // MARK: - Times

    private func checkTimes(
        _ message: Int, _ recipient: Int, was old: Recipient, becomes new: Recipient, isOrdered: Bool
    ) {
        let entry = messages[message]
        let who = "\(name(message)): recipient \(recipient)"
        if new.state == .scheduled, new.nextAttemptAt != entry.accepted.releaseAt {
            problem("\(who) is scheduled for another time than its sender has asked for")
        }
        if old.state == .scheduled, new.state == .queued || new.state == .deferred, now() < entry.began, !isOrdered {
            problem("\(who) is scheduled, and became \(new.state) before its time")
        }
        let priority = entry.accepted.priority
        if new.wasWarned, !old.wasWarned,
            earliestWarning(for: priority).map({ now() - entry.earliest < $0 - .milliseconds(2) }) ?? true
        {
            problem("\(who) has waited for \((now() - entry.earliest).milliseconds) ms, and its sender is told of that")
        }
        // The relay has let it wait again.
        guard !isOrdered, new.state == .deferred, let next = new.nextAttemptAt, next > now(),
            next != old.nextAttemptAt, isPrompt
        else { return }
        let age = now() - entry.began - .seconds(3)
        let isSettled = clockSetAt.map { now() - $0 - .seconds(3) > longestTurn(for: priority) } ?? true
        if settings.notices.deliver == .mail, let limit = latestWarning(for: priority), age >= limit, isSettled,
            !new.wasWarned
        {
            problem("\(who) has waited for \(age.milliseconds) ms, and its sender is not told")
        }
        if age >= longestLife(for: priority), isSettled {
            problem("\(who) has waited for \(age.milliseconds) ms, and does not expire")
        }
    }

    /// What is late about a message, if nothing is done about it but wait for its time; nil for nothing.
    func lateness(of durable: SpooledMessage) -> String? {
        guard let index = index[durable.id], isPrompt, !messages[index].isGone else { return nil }
        let entry = messages[index]
        // What came before a step of the clock has its turn first.
        guard clockSetAt.map({ $0 < entry.receivedAt }) ?? true else { return nil }
        let waiting = durable.recipients.filter { $0.state == .queued || $0.state == .deferred }
        let age = now() - entry.began - .seconds(5)
        if age >= longestLife(for: durable.priority), !waiting.isEmpty {
            return "\(name(index)) has waited for \(age.milliseconds) ms, and still waits"
        }
        if settings.notices.deliver == .mail, let limit = latestWarning(for: durable.priority), age >= limit,
            waiting.contains(where: { !$0.wasWarned })
        {
            return "\(name(index)) has waited for \(age.milliseconds) ms, and nobody is told"
        }
        return nil
    }

    /// A bounce whose subject no upstream has named needs two upstreams that agree, or the only one there is.
    private func judgeBounce(_ message: Int, _ recipient: Int, _ who: String) {
        let entry = messages[message]
        let refusers = entry.refusers[recipient] ?? []
        guard !refusers.isEmpty else {
            return problem("\(who) is bounced, and no upstream has refused recipient or message for good")
        }
        let others = entry.always[recipient].filter {
            !refusers.contains($0) && !switchedOff.contains($0) && !(entry.unmoved[recipient]?.contains($0) ?? false)
                && !wasAway($0, since: entry.receivedAt)
        }
        let isImpasse = now() - entry.receivedAt >= Impasse.span
        if refusers.count < 2, !others.isEmpty, !isImpasse {
            problem("\(who) is bounced for what \(refusers) said, and nobody asked \(others)")
        }
    }

    /// The operator has disabled an upstream, at least for a while.
    func switchedOff(_ upstream: Int) { switchedOff.insert(upstream) }

    // MARK: - Server side

    /// A server has permanently refused recipients in unknown words.
    func refused(_ message: Int, _ recipients: [Int], by upstream: Int) {
        for recipient in recipients { messages[message].refusers[recipient, default: []].insert(upstream) }
    }

    /// A server has given a permanent verdict about a recipient, or about the message to those recipients.
    ///
    /// - Parameter upstream: nil for one that any server would give.
    func condemned(_ message: Int, _ recipients: [Int], by upstream: Int?) {
        messages[message].condemned.formUnion(recipients)
        guard let upstream else { return }
        for recipient in recipients { messages[message].condemners[recipient, default: []].insert(upstream) }
    }

    /// The relay is about to write this message's final dot.
    func noted(_ id: QueueID, _ durable: SpooledMessage?) {
        guard let index = index[id] else { return problem("a dot for an unknown message \(id)") }
        guard let open = durable?.openAttempt else {
            return problem("\(name(index)): a final dot is written, and its attempt is not durable")
        }
        if !messages[index].hasNotedArrived { messages[index].lostSince = messages[index].noted?.startedAt }
        messages[index].noted = open
        messages[index].hasNotedArrived = false
        mayBeHeld(index, open)
    }

    /// From now on those recipients may have to wait for an operator, indefinitely.
    private func mayBeHeld(_ message: Int, _ attempt: OpenAttempt) {
        guard policies.contains(where: { $0.name == attempt.upstream && $0.inDoubt == .hold }) else { return }
        messages[message].holdable.formUnion(attempt.recipients)
    }

    /// The same about a message before its content: applies also to recipients of later transactions.
    func refusedWhole(_ message: Int, by upstream: Int) {
        refused(message, Array(messages[message].recipients.indices), by: upstream)
    }

    /// A final dot has reached a server, after this content.
    func dotted(_ message: Int, _ recipients: [Int], at upstream: Int, content: ByteBuffer) -> Dot? {
        let who = "\(name(message)) at \(policies[upstream].name)"
        guard let open = messages[message].noted else {
            problem("\(who): a final dot that was not announced")
            return nil
        }
        if open.upstream != policies[upstream].name || !recipients.allSatisfy(open.recipients.contains) {
            problem("\(who): a final dot for \(recipients), and what is durable is \(open)")
        }
        if !isWhole(content, of: messages[message]) { problem("\(who): what came is not what was accepted") }
        messages[message].hasNotedArrived = true
        handOver(message, recipients)
        let dot = Dot(recipients: recipients, upstream: upstream, began: open.startedAt)
        for recipient in recipients { judge(dot, message, recipient, who) }
        messages[message].dots.append(dot)
        hasDotted(dot, message)
        return dot
    }

    /// Whether the content is what was accepted, preceded only by the provider's own fields.
    private func isWhole(_ content: ByteBuffer, of message: Message) -> Bool {
        var rest = content
        let count = content.readableBytes - message.wire.readableBytes
        guard count >= 0, let front = rest.readString(length: count) else { return false }
        let isHeader = front.isEmpty || (front.hasSuffix("\r\n") && front.utf8.first.map { $0 != 0x20 } ?? true)
        return isHeader && rest == message.wire
    }

    func isRefusedForItsContent(_ message: Int) -> Bool { messages[message].isUnwanted }

    private func judge(_ dot: Dot, _ message: Int, _ recipient: Int, _ who: String) {
        let who = "\(who), recipient \(recipient)"
        let state = messages[message].states[recipient]
        if state == .scheduled, now() < messages[message].began {
            problem("\(who): sent before the time that its sender has asked for")
        }
        if heldDoubts[messages[message].id]?.contains(recipient) ?? false {
            problem("\(who): sent, and an operator holds it")
        }
        if state == .delivered || state == .failed || state == .held {
            problem("\(who): sent, and it is \(state) by what is durable")
        }
        var latest: (dot: Dot, since: Timestamp)?
        for earlier in messages[message].dots where earlier.recipients.contains(recipient) {
            if earlier.answer != nil, earlier.doubtSince == nil {
                if earlier.isTaken { problem("\(who): sent again after it was taken with \(earlier.answer ?? 0)") }
                continue
            }
            guard let since = earlier.doubtSince else {
                problem("\(who): sent while an earlier dot awaits its reply")
                continue
            }
            if policies[earlier.upstream].inDoubt == .hold, !wasAway(earlier.upstream, since: since) {
                problem("\(who): sent in spite of in_doubt = hold")
            }
            if since >= latest?.since ?? since { latest = (earlier, since) }
        }
        if latest != nil, messages[message].accepted.probe != nil { problem("\(who): a probe in doubt is sent again") }
        judgeMove(dot, message, recipient, who)
        // What was under way in a session is finished by the routes of before.
        let mayBeFormer = wasReloaded(since: dot.began)
        let candidates = mayBeFormer ? messages[message].ever[recipient] : Set(messages[message].candidates[recipient])
        if !candidates.contains(dot.upstream) { problem("\(who): sent where its route does not lead") }
        // If the last doubt is about a dot that never arrived, nothing here tells which upstream it was.
        if let latest, messages[message].lostSince.map({ $0 < latest.dot.began }) ?? true {
            // An order may have moved it where its route does not lead, which no doubt will do.
            let routed = self.candidates(messages[message].accepted)[recipient]
            judge(dot, after: latest.dot, since: latest.since, routed, who)
        }
    }

    /// The last doubt's policy for the dot.
    private func judge(_ dot: Dot, after last: Dot, since: Timestamp, _ candidates: [Int], _ who: String) {
        // Nothing can be asked again at an upstream that is gone.
        guard !wasAway(last.upstream, since: since) else { return }
        let policy = policies[last.upstream]
        if now() - since < policy.hold - .milliseconds(2) {
            problem("\(who): sent \((now() - since).milliseconds) ms after the doubt, and not \(policy.hold)")
        }
        guard !wasReloaded(since: since) else { return }
        switch policy.inDoubt {
        case .hold: break
        case .retrySame:
            // The attempt of fresh mail is opened at an upstream before anybody has checked whether its route leads
            // there.
            if dot.upstream != last.upstream, candidates.contains(last.upstream) {
                problem("\(who): sent elsewhere in spite of in_doubt = retry_same")
            }
        case .failover:
            if dot.upstream == last.upstream, candidates.count > 1 {
                problem("\(who): sent to the same upstream in spite of in_doubt = failover")
            }
        }
    }

    /// The server has accepted the message for these recipients.
    func taken(_ dot: Dot, _ message: Int) {
        dot.isTaken = true
        dot.takenAt = now()
        for recipient in dot.recipients {
            takes += 1
            let isAgain = messages[message].dots.contains {
                $0 !== dot && $0.isTaken && $0.recipients.contains(recipient)
            }
            if isAgain { duplicates += 1 }
        }
    }

    /// The relay will hear nothing more about this dot.
    func doubted(_ dot: Dot, since: Timestamp) {
        guard dot.answer == nil, dot.doubtSince == nil else { return }
        doubts += 1
        dot.doubtSince = since
    }

    var present: Timestamp { now() }

    /// The relay has died and forgotten everything it had not made durable.
    ///
    /// - Parameter open: attempts that it will assume reached their dot.
    func crashed(open: [SpooledMessage]) {
        ordersForgotten()
        for message in open {
            guard let index = index[message.id], let attempt = message.openAttempt else { continue }
            mayBeHeld(index, attempt)
            let dots = messages[index].dots.filter { $0.began == attempt.startedAt }
            for dot in dots { dot.doubtSince = attempt.startedAt }
            guard dots.isEmpty, let upstream = policies.firstIndex(where: { $0.name == attempt.upstream }) else {
                continue
            }
            // It cannot know better than that there was one.
            let dot = Dot(recipients: attempt.recipients, upstream: upstream, began: attempt.startedAt)
            dot.doubtSince = attempt.startedAt
            messages[index].dots.append(dot)
        }
    }

    // MARK: - Totals

    /// Whether every submitted message is gone.
    var isFinished: Bool { gone == messages.count }

    /// Recipients still to be settled: of durable messages, not delivered, failed, or with an operator.
    var unfinished: [(message: Int, recipient: Int)] {
        messages.indices.flatMap { index -> [(message: Int, recipient: Int)] in
            let message = messages[index]
            guard message.isDurable, !message.isGone else { return [] }
            return message.states.indices.filter { isUnfinished(message, $0) }.map { (index, $0) }
        }
    }

    private func isUnfinished(_ message: Message, _ recipient: Int) -> Bool {
        // A doubt may pin it to an upstream that cannot carry it, until it expires.
        if message.body == .binaryMIME, message.states[recipient] == .inDoubt { return false }
        switch message.states[recipient] {
        case .delivered, .failed, .held: return false
        case .queued, .deferred, .scheduled: return true
        case .inDoubt:
            // A message waiting for an operator must have a reason.
            return !message.holdable.contains(recipient)
                && !(heldDoubts[message.id]?.contains(recipient) ?? false)
        }
    }
}
