internal import Mail
internal import NIOCore
internal import Outbound
internal import Spool

/// The machines of all webhooks, and what they want done; confined to the courier's task.
struct CourierDesk {
    typealias Work = @Sendable () async -> Void

    private struct Place {
        var settings: WebhookSettings
        var machine: OutboxMachine
        var sender: WebhookSender
    }

    /// How often the outbox is searched for events that are too old.
    private static let sweepInterval = TimeAmount.minutes(5)
    /// Events removed at a time.
    private static let sweepStep = 100

    private let means: WebhookCourier.Means
    private let signal: AsyncStream<CourierSignal>.Continuation
    private var places: [String: Place] = [:]
    private var timer: Scheduled<Void>?
    private var sweeper: Scheduled<Void>?
    private var isSweepDue = false

    init(_ means: WebhookCourier.Means, _ signal: AsyncStream<CourierSignal>.Continuation) {
        self.means = means
        self.signal = signal
    }

    var status: [String: WebhookStatus] { places.mapValues(\.machine.status) }

    mutating func end() {
        timer?.cancel()
        sweeper?.cancel()
    }

    // MARK: - Signals

    mutating func handle(_ signal: CourierSignal) {
        let now = means.steady()
        switch signal {
        case .replaced(let webhooks): replace(with: webhooks)
        case .woken(let names): for name in names { places[name]?.machine.woken() }
        case .restarted(let name): places[name]?.machine.restart()
        case .loaded(let name, let entries?, let page): places[name]?.machine.loaded(entries, page)
        case .loaded(let name, nil, let page): places[name]?.machine.loadFailed(page, now: now)
        case .answered(let name, let number, let answer): answered(name, number, answer)
        case .written(let name, let write, let count?): written(name, write, count)
        case .written(let name, let write, nil): places[name]?.machine.notWritten(write, now: now)
        case .ticked: break
        case .sweep: isSweepDue = true
        }
    }

    private mutating func replace(with webhooks: [WebhookSettings]) {
        let former = places
        places = [:]
        for settings in webhooks {
            let known = former[settings.name]
            var machine = known?.machine ?? OutboxMachine(WebhookLimits(settings), means.backoff)
            machine.adapt(WebhookLimits(settings))
            // A file of authorities may have other content.
            places[settings.name] = Place(settings: settings, machine: machine, sender: makeSender(settings))
        }
    }

    private func makeSender(_ settings: WebhookSettings) -> WebhookSender {
        do throws(WebError) {
            return WebhookSender(settings, try means.makeClient(settings), wall: means.wall)
        } catch {
            return WebhookSender(settings, BrokenClient(error: error), wall: means.wall)
        }
    }

    private mutating func answered(_ name: String, _ number: Int, _ answer: WebhookAnswer) {
        let (now, random) = (means.steady(), means.random())
        let result = places[name]?.machine.answered(number, answer, now: now, random: random)
        guard let (write, news) = result else { return }
        for item in news { means.report(name, item) }
        carryOut(write, name)
    }

    private mutating func written(_ name: String, _ write: OutboxWrite, _ count: Int) {
        for item in places[name]?.machine.written(write, count: count) ?? [] { means.report(name, item) }
    }

    // MARK: - Work

    /// Everything that is to be done now, and the time after which to look again.
    mutating func work() -> [Work] {
        let now = means.steady()
        var (work, times): ([Work], [Timestamp]) = ([], [])
        for name in places.keys.sorted() {
            while let action = places[name]?.machine.next(now: now) {
                if case .wait(let until) = action {
                    if let until { times.append(until) }
                    break
                }
                if let item = begin(action, name) { work.append(item) }
            }
        }
        if isSweepDue { work.append(sweep()) }
        arm(times.min(), now)
        return work
    }

    private func begin(_ action: OutboxMachine.Action, _ name: String) -> Work? {
        switch action {
        case .send(let entry): return send(entry, name)
        case .load(let page): return load(page, name)
        case .write(let write):
            carryOut(write, name)
            return nil
        case .wait: return nil
        }
    }

    private func send(_ entry: OutboxEntry, _ name: String) -> Work? {
        guard let sender = places[name]?.sender else { return nil }
        return { [signal] in signal.yield(.answered(name, entry.number, await sender.send(entry))) }
    }

    private func load(_ page: OutboxPage, _ name: String) -> Work {
        { [means, signal] in
            let entries = try? await means.outbox.entries(page, of: name)
            signal.yield(.loaded(name, entries, page))
        }
    }

    private func carryOut(_ write: OutboxWrite, _ name: String) {
        means.outbox.change(outbox: write.updates, isUrgent: false) { [signal] result in
            signal.yield(.written(name, write, count: try? result.get()))
        }
    }

    // MARK: - Time

    private mutating func arm(_ time: Timestamp?, _ now: Timestamp) {
        timer?.cancel()
        timer = time.map { time in
            means.eventLoop.scheduleTask(in: .milliseconds(max((time - now).wholeMilliseconds, 1))) { [signal] in
                _ = signal.yield(.ticked)
            }
        }
    }

    mutating func sweepLater() {
        sweeper = means.eventLoop.scheduleTask(in: Self.sweepInterval) { [signal] in _ = signal.yield(.sweep) }
    }

    /// Removes events that are too old, also those of webhooks that relay.conf no longer names.
    private mutating func sweep() -> Work {
        isSweepDue = false
        sweepLater()
        let keeps = places.mapValues(\.settings.keep)
        return { [means] in
            for name in means.held() {
                let before = means.steady() - (keeps[name] ?? WebhookSettings.keep)
                await Self.expire(name, before: before, means.outbox)
            }
        }
    }

    /// A part at a time, until nothing is left that is older.
    private static func expire(_ name: String, before: Timestamp, _ outbox: any OutboxStore) async {
        guard let oldest = try? await outbox.oldestInOutbox(of: name), oldest < before else { return }
        let part = OutboxUpdate.expire(webhook: name, before: before, limit: sweepStep)
        var count: Int? = sweepStep
        while count == sweepStep, !Task.isCancelled {
            count = try? await outbox.change(outbox: [part], isUrgent: false)
        }
    }
}

/// Stands for a client that could not be made: each attempt fails with the reason.
private struct BrokenClient: WebClient {
    let error: WebError

    func send(_ request: WebRequest) async throws -> WebReply { throw error }
}
