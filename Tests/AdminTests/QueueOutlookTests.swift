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
        case works, opens(Int), isTried, isKept(Int?)
    }

    private static func detail(_ name: String, _ standing: Standing) -> UpstreamDetail {
        var status = UpstreamStatus(name: name, priority: 1, address: "h:25", since: now)
        var next: Timestamp?
        switch standing {
        case .works: break
        case .opens(let seconds): (status.circuit, next) = (.open, now + .seconds(seconds))
        case .isTried: status.circuit = .halfOpen
        case .isKept(let seconds):
            status.adminOverride = AdminOverride(
                state: .disabled, since: now, until: seconds.map { now + .seconds($0) })
        }
        return UpstreamDetail(status: status, reason: "", nextStepAt: next, routes: [], history: [], answers: [])
    }

    private static func wait(
        _ standings: Standing..., state: Recipient.State = .queued, planned: Int = -5,
        policy: UpstreamSettings.InDoubtPolicy = .retrySame, change: (inout DeliverySettings) -> Void = { _ in }
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
        return outlook.wait(of: recipient, in: .example(1, recipients: [recipient]))
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
