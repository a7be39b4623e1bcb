import Mail
import Upstreams

@testable import Delivery

/// A scripted run rather than a random one: two upstreams, the first of which has trouble.
struct Scenario {
    var plan = Plan()

    init(upstreams count: Int = 2) {
        plan.settings.hostname = "relay.test"
        plan.settings.health.interval = .zero
        for index in 0..<count {
            plan.settings.upstreams.append(Plan.upstream("u\(index)"))
            plan.natures.append(SimulatedUpstream.Nature(name: "u\(index)", latency: .milliseconds(5)))
        }
        plan.end = .seconds(10)
    }

    mutating func turn(_ weather: Weather, of upstream: Int = 0, at: Duration) {
        plan.events.append((at, .weather(upstream: upstream, weather)))
    }

    /// A message to this many recipients.
    mutating func send(at: Duration, to recipients: Int = 1) {
        let names = (0..<recipients).map { "r\($0)@d\($0 % 2).test" }
        plan.submissions.append(Plan.Submission(at: at, recipients: names))
    }

    mutating func send(from: Duration, to end: Duration, every interval: Duration) {
        var time = from
        while time < end {
            send(at: time)
            time += interval
        }
    }

    /// Messages of two streams in turn, beginning with this one.
    mutating func send(_ stream: String, and other: String, from: Duration, to end: Duration, every interval: Duration)
    {
        let first = plan.submissions.count
        send(from: from, to: end, every: interval)
        for index in first..<plan.submissions.count {
            plan.submissions[index].stream = (index - first).isMultiple(of: 2) ? stream : other
        }
    }

    mutating func pause(_ stream: String, from: Duration, to end: Duration) {
        plan.events.append((from, .stream(stream, isPaused: true)))
        plan.events.append((end, .stream(stream, isPaused: false)))
    }

    /// A recipient that no server knows is added to the last message.
    mutating func refuse() {
        plan.submissions[plan.submissions.count - 1].recipients.append("x2@d0.test")
    }

    /// An operator's order about all messages.
    mutating func order(_ order: QueueOrder, at: Duration) {
        plan.events.append((at, .queueOrder(PlannedOrder(order))))
    }

    func simulation(isTraced: Bool = false) -> Simulation {
        Simulation(plan, chance: Chance(1), isTraced: isTraced)
    }
}

extension Simulation {
    /// How long the messages took, in order of arrival; nil for those that nobody accepted.
    var delays: [Duration?] {
        oracle.messages.map { message in
            message.dots.compactMap(\.takenAt).min().map { $0 - message.receivedAt }
        }
    }

    /// Who accepted the messages accepted in this period, measured from the start of the run.
    func takers(from: Duration = .zero, to end: Duration = .seconds(1 << 30)) -> [Int] {
        oracle.messages.flatMap(\.dots).filter { dot in
            dot.takenAt.map { $0 >= Self.epoch + from && $0 < Self.epoch + end } ?? false
        }.map(\.upstream)
    }

    /// The maximum number of those within one second.
    static func most(inOneSecond moments: [Int64]) -> Int {
        var first = 0
        var most = 0
        let sorted = moments.sorted()
        for (index, moment) in sorted.enumerated() {
            while moment - sorted[first] >= 1_000_000_000 { first += 1 }
            most = max(most, index - first + 1)
        }
        return most
    }
}
