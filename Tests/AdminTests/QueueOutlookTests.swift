import Delivery
import Mail
import Spool
import Testing
import Upstreams

@testable import Admin

@Suite("When waiting recipients can be tried")
struct QueueOutlookTests {
    private static let now = Timestamp(milliseconds: 1_000_000)

    private enum Standing {
        case works, opens(Int), isTried, isWithheld, isKept(Int?), turn(Int), short(Int), busyAndShort, spent(Int)
    }

    private static func detail(_ name: String, _ standing: Standing) -> UpstreamDetail {
        var status = UpstreamStatus(name: name, priority: 1, address: "h:25", since: now)
        var next: Timestamp?
        switch standing {
        case .works, .turn, .short, .busyAndShort: break
        case .opens(let seconds): (status.circuit, next) = (.open, now + .seconds(seconds))
        case .isTried: status.circuit = .halfOpen
        case .isWithheld: status.circuit = .open
        case .spent(let seconds): status.quotaFreeAt = now + .seconds(seconds)
        case .isKept(let seconds):
            status.adminOverride = AdminOverride(
                state: .disabled, since: now, until: seconds.map { now + .seconds($0) })
        }
        var detail = UpstreamDetail(
            status: status, reason: "", nextStepAt: next, routes: [], history: [], answers: [])
        if case .turn(let seconds) = standing { detail.turnAt = now + .seconds(seconds) }
        if case .short(let seconds) = standing { detail.connectingPausedUntil = now + .seconds(seconds) }
        if case .busyAndShort = standing {
            (detail.connectingPausedUntil, detail.status.connections) = (now + .seconds(1), 1)
        }
        return detail
    }

    private static func wait(
        _ standings: Standing..., state: Recipient.State = .queued, planned: Int = -5,
        policy: UpstreamSettings.InDoubtPolicy = .retrySame, boundTo upstream: String? = nil,
        probeOf own: String? = nil,
        change: (inout DeliverySettings) -> Void = { _ in }
    ) -> QueueOutlook.Wait? {
        let names = ["a", "b"].prefix(standings.count)
        var settings = DeliverySettings()
        settings.upstreams = names.map { UpstreamSettings(name: $0, host: "h", port: 25) }
        for index in settings.upstreams.indices { settings.upstreams[index].inDoubt = policy }
        change(&settings)
        let recipient = Recipient(
            address: Address(unchecked: "r@b.example"), state: state, nextAttemptAt: now + .seconds(planned),
            upstream: "a")
        let outlook = QueueOutlook(settings, details: zip(names, standings).map { detail($0, $1) }, now: now)
        var message = SpooledMessage.example(1, recipients: [recipient])
        if let own {
            message = SpooledMessage(
                id: message.id, receivedAt: message.receivedAt, sender: .null, body: .sevenBit, priority: .normal,
                messageID: "<1@x>", origin: "test",
                routing: RoutingFacts(probe: ProbeMark(trip: "box", upstream: own, number: 1)), size: 1,
                recipients: [recipient])
            message.notice = .probe
        }
        message.boundUpstream = upstream
        return outlook.wait(of: recipient, in: message)
    }

    private static func paceWait(
        _ domain: String, state: Recipient.State = .queued, planned: Int = -5, waiting: Int = 3
    ) -> QueueOutlook.Wait? {
        let settings = PaceSettings([.family(.google)])
        let pace = DomainPace(settings, now: MonotonicInstant(nanoseconds: 0))
        let status = PaceStatus(
            entry: 0, name: "family:google", settings: settings, pace: pace, waiting: waiting, nextAt: until(4))
        let report = PaceReport(settings: [settings], paces: [status])
        let outlook = QueueOutlook(DeliverySettings(), details: [], paces: report, now: now)
        let recipient = Recipient(
            address: Address(unchecked: "r@\(domain)"), state: state, nextAttemptAt: now + .seconds(planned))
        return outlook.wait(of: recipient, in: SpooledMessage.example(1, recipients: [recipient]))
    }

    @Test("nobody knows when, while round trips keep mail from their upstream; probes of that go")
    func roundTrips() {
        #expect(Self.wait(.isWithheld) == .init(cause: .circuit, until: nil))
        #expect(Self.wait(.isWithheld, .opens(9)) == .init(cause: .circuit, until: Self.until(9)))
        #expect(Self.wait(.isWithheld, .works) == nil)
        #expect(Self.wait(.isWithheld, .opens(9), probeOf: "a") == nil)
        #expect(Self.wait(.works, .opens(9), probeOf: "b") == .init(cause: .circuit, until: Self.until(9)))
    }

    @Test("at the next turn of their domain's pace, if mail waits for that")
    func paces() {
        #expect(Self.paceWait("GoogleMail.com") == .init(cause: .pace, until: Self.until(4)))
        #expect(Self.paceWait("gmail.com", state: .deferred) == .init(cause: .pace, until: Self.until(4)))
        #expect(Self.paceWait("a.test") == nil)
        #expect(Self.paceWait("gmail.com", waiting: 0) == nil)
        #expect(Self.paceWait("gmail.com", planned: 60) == nil)
        for state in [Recipient.State.held, .inDoubt, .scheduled, .delivered] {
            #expect(Self.paceWait("gmail.com", state: state) == nil)
        }
    }

    @Test("for their stream, whatever their upstreams do, unless they are notices of the relay")
    func streams() {
        let recipient = Recipient(address: Address(unchecked: "r@b.example"))
        var settings = DeliverySettings()
        settings.upstreams = [UpstreamSettings(name: "a", host: "h", port: 25)]
        let details = [Self.detail("a", .works)]
        var message = SpooledMessage.example(1, recipients: [recipient])
        let outlook = QueueOutlook(settings, details: details, now: Self.now, streams: ["default": StreamHold(.pause)])
        #expect(outlook.wait(of: recipient, in: message) == .init(cause: .stream, until: nil))
        let other = QueueOutlook(settings, details: details, now: Self.now, streams: ["news": StreamHold(.pause)])
        #expect(other.wait(of: recipient, in: message) == nil)
        message.notice = .failure
        #expect(outlook.wait(of: recipient, in: message) == nil)
    }

    private static func streamWait(
        _ hold: StreamHold, state: Recipient.State = .queued, attempts: Int = 0, planned: Int = -5, id: Int64 = 1
    ) -> QueueOutlook.Wait? {
        let recipient = Recipient(
            address: Address(unchecked: "r@b.example"), state: state, attempts: attempts,
            nextAttemptAt: now + .seconds(planned))
        let outlook = QueueOutlook(DeliverySettings(), details: [], now: now, streams: ["default": hold])
        return outlook.wait(of: recipient, in: .example(id, recipients: [recipient]))
    }

    @Test("for the canary of a new stream, unless that has let them through, or they have been tried")
    func canary() {
        let hold = StreamHold(.canary, admitted: [QueueID(rawValue: 2)], isNew: true)
        #expect(Self.streamWait(hold) == .init(cause: .canary, until: nil))
        #expect(Self.streamWait(hold, id: 2) == nil)
        #expect(Self.streamWait(hold, state: .deferred, attempts: 1) == nil)
        #expect(Self.streamWait(hold, planned: 60) == nil)
        #expect(Self.streamWait(hold, state: .held) == nil)
    }

    @Test("for the rate of their stream, until its next turn, unless that has let them through")
    func streamRate() {
        let hold = StreamHold(.rate, until: Self.until(7), admitted: [QueueID(rawValue: 2)])
        let wait = QueueOutlook.Wait(cause: .streamRate, until: Self.until(7))
        #expect(Self.streamWait(hold) == wait && Self.streamWait(hold, state: .deferred, attempts: 1) == wait)
        #expect(Self.streamWait(hold, id: 2) == nil && Self.streamWait(hold, planned: 60) == nil)
    }

    private static func until(_ seconds: Int) -> Timestamp { now + .seconds(seconds) }

    @Test("at their time where one upstream of the route takes mail, or lets a message try now")
    func plain() {
        #expect(Self.wait(.opens(9), .works) == nil)
        #expect(Self.wait(.isKept(nil), .works) == nil)
        #expect(Self.wait(.opens(0)) == nil)
        #expect(QueueOutlook.unknown.wait(of: .init(address: Address(unchecked: "a@b")), in: .example(1)) == nil)
    }

    @Test("when the first circuit lets a message try, unless they are planned for later")
    func circuit() {
        #expect(Self.wait(.opens(9), .opens(4)) == .init(cause: .circuit, until: Self.until(4)))
        #expect(Self.wait(.opens(9), .isKept(nil)) == .init(cause: .circuit, until: Self.until(9)))
        #expect(Self.wait(.opens(9), state: .deferred, planned: 60) == nil)
    }

    @Test("when the first quota is free again, unless another upstream takes mail, or a trial is sooner")
    func quota() {
        #expect(Self.wait(.spent(30)) == .init(cause: .quota, until: Self.until(30)))
        #expect(Self.wait(.spent(0)) == nil)
        #expect(Self.wait(.spent(30), .spent(20)) == .init(cause: .quota, until: Self.until(20)))
        #expect(Self.wait(.spent(30), .isKept(nil)) == .init(cause: .quota, until: Self.until(30)))
        #expect(Self.wait(.spent(30), .works) == nil)
        #expect(Self.wait(.spent(30), .opens(9)) == .init(cause: .quota, until: Self.until(9)))
    }

    @Test("at the next turn where a rate is used up, unless another upstream takes mail, or a trial is sooner")
    func rate() {
        #expect(Self.wait(.turn(30)) == .init(cause: .rate, until: Self.until(30)))
        #expect(Self.wait(.turn(0)) == nil)
        #expect(Self.wait(.turn(30), .turn(20)) == .init(cause: .rate, until: Self.until(20)))
        #expect(Self.wait(.turn(30), .works) == nil)
        #expect(Self.wait(.opens(9), .turn(30)) == .init(cause: .rate, until: Self.until(9)))
        #expect(Self.wait(.turn(30), .isKept(nil)) == .init(cause: .rate, until: Self.until(30)))
        #expect(Self.wait(.turn(30), state: .deferred, planned: 60) == nil)
    }

    @Test("a route that waits for the rate of its first upstream does not use the second, nor a last resort")
    func overflow() {
        let wait = Self.wait(.turn(30), .works) { settings in
            var route = RouteSettings(name: "one")
            (route.upstreams, route.overflow) = (["a", "b"], .wait)
            settings.routes = [route]
        }
        #expect(wait == .init(cause: .rate, until: Self.until(30)))
        for (standing, expected) in [(Standing.turn(30), QueueOutlook.Cause.rate), (.opens(30), nil)] {
            let wait = Self.wait(standing, .works) { settings in
                var route = RouteSettings(name: "one")
                (route.upstreams, route.lastResort) = (["a"], "b")
                settings.routes = [route]
            }
            #expect(wait?.cause == expected)
        }
    }

    @Test("what is moved to an upstream waits for its rate, and for its route only while that upstream takes nothing")
    func bound() {
        let settings = { (settings: inout DeliverySettings) in }
        #expect(Self.wait(.works, .turn(30), boundTo: "b", change: settings)?.cause == .rate)
        #expect(Self.wait(.works, .opens(30), boundTo: "b", change: settings) == nil)
        #expect(Self.wait(.turn(30), .works, boundTo: "b", change: settings) == nil)
    }

    @Test("when connections are tried again, if this machine is short and none is open")
    func connections() {
        #expect(Self.wait(.short(1)) == .init(cause: .connections, until: Self.until(1)))
        #expect(Self.wait(.busyAndShort) == nil)
    }

    @Test("nobody knows when while a trial runs, or while an operator keeps mail from all of them")
    func others() {
        #expect(Self.wait(.isTried) == .init(cause: .trial, until: nil))
        #expect(Self.wait(.isKept(nil), .isKept(nil)) == .init(cause: .operator, until: nil))
        #expect(Self.wait(.isKept(nil), .isKept(30)) == .init(cause: .operator, until: Self.until(30)))
    }

    @Test("only the upstreams of their route count")
    func routes() {
        let wait = Self.wait(.opens(9), .works) { settings in
            var route = RouteSettings(name: "one")
            route.upstreams = ["a"]
            settings.routes = [route]
        }
        #expect(wait == .init(cause: .circuit, until: Self.until(9)))
    }

    @Test("what is in doubt waits for the upstream that may have it, or for any other one")
    func doubts() {
        #expect(Self.wait(.opens(9), .works, state: .inDoubt) == .init(cause: .circuit, until: Self.until(9)))
        #expect(Self.wait(.opens(9), .works, state: .inDoubt, policy: .failover) == nil)
        #expect(
            Self.wait(.works, .isKept(nil), state: .inDoubt, policy: .failover) == .init(cause: .operator, until: nil))
    }

    @Test("what is in doubt waits for a quota that is free before it expires, and else for the others")
    func doubtsOverQuotas() {
        let later = Int((RunningAdmin.now - Self.now).components.seconds)
        let wait = QueueOutlook.Wait(cause: .quota, until: Self.until(later))
        #expect(Self.wait(.spent(later), .works, state: .inDoubt) == wait)
        #expect(Self.wait(.spent(later + 5 * 86_400), .works, state: .inDoubt) == nil)
    }

    @Test("what is settled, or on hold, waits for nothing", arguments: [Recipient.State.held, .delivered, .failed])
    func settled(state: Recipient.State) {
        #expect(Self.wait(.opens(9), state: state) == nil)
    }

    @Test("the document tells the time that is true, and why")
    func documents() {
        let recipient = Recipient(
            address: Address(unchecked: "r@b.example"), state: .deferred, nextAttemptAt: Self.now, upstream: "a")
        let open = QueueOutlook.Wait(cause: .circuit, until: Self.until(9))
        let shown = RecipientDocument(recipient, attempt: nil, wait: open)
        #expect(shown.nextAttemptAt == Self.until(9).rfc3339 && shown.waitsFor == "circuit")
        let kept = RecipientDocument(recipient, attempt: nil, wait: .init(cause: .operator, until: nil))
        #expect(kept.nextAttemptAt == nil && kept.waitsFor == "operator")
        let plain = RecipientDocument(recipient, attempt: nil)
        #expect(plain.nextAttemptAt == Self.now.rfc3339 && plain.waitsFor == nil)
    }
}
