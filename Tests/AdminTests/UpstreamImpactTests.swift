import Delivery
import Mail
import NIOCore
import Spool
import TestKit
import Testing
import Upstreams

@testable import Admin

@Suite("What an order for an upstream would change")
struct UpstreamImpactTests {
    private static func upstreams(_ change: (inout [String: UpstreamStatus]) -> Void = { _ in }) -> UpstreamImpact {
        let names = ["ses", "mg", "own"]
        var all: [String: UpstreamStatus] = [:]
        for (index, name) in names.enumerated() {
            all[name] = UpstreamStatus(name: name, priority: index + 1, address: "h:25", since: RunningAdmin.now)
        }
        change(&all)
        return UpstreamImpact(names.compactMap { all[$0] })
    }

    private static func route(
        _ name: String = "default", _ mode: Route.Mode = .priority, _ upstreams: [String] = ["ses", "mg"],
        last: String? = nil
    ) -> RouteDocument {
        RouteDocument(name: name, mode: mode, overflow: .rate, upstreams: upstreams, lastResort: last)
    }

    private static func moves(
        _ action: UpstreamControl.Action, _ name: String, _ route: RouteDocument, _ impact: UpstreamImpact = upstreams()
    ) -> [[String]] {
        impact.document(of: action, for: name, routes: [route], loads: [:]).routes.flatMap { [$0.before, $0.after] }
    }

    @Test("mail goes to the next one", arguments: [UpstreamControl.Action.disable, .drain, .trip])
    func next(action: UpstreamControl.Action) {
        #expect(Self.moves(action, "ses", Self.route()) == [["ses"], ["mg"]])
        #expect(Self.moves(action, "mg", Self.route()) == [["ses"], ["ses"]])
    }

    @Test("mail waits where there is no other, unless there is a last resort")
    func alone() {
        #expect(Self.moves(.disable, "ses", Self.route("a", .priority, ["ses"])) == [["ses"], []])
        #expect(Self.moves(.disable, "ses", Self.route("a", .priority, ["ses"], last: "own")) == [["ses"], ["own"]])
        #expect(Self.moves(.disable, "own", Self.route("a", .priority, ["ses"], last: "own")) == [["ses"], ["ses"]])
    }

    @Test("mail comes back to one that is enabled, or whose circuit is closed")
    func back() {
        // As the delivery has it: the share of one that is kept from mail is 0.
        for state in [AdminState.disabled, .draining] {
            let kept = Self.upstreams {
                $0["ses"]?.adminOverride.state = state
                $0["ses"]?.share = 0
            }
            #expect(Self.moves(.enable, "ses", Self.route(), kept) == [["mg"], ["ses"]])
        }
        let open = Self.upstreams {
            $0["ses"]?.circuit = .open
            $0["ses"]?.circuitShare = 0
        }
        #expect(Self.moves(.reset, "ses", Self.route(), open) == [["mg"], ["ses"]])
        #expect(Self.moves(.enable, "ses", Self.route(), open) == [["mg"], ["mg"]])
        #expect(Self.moves(.probe, "ses", Self.route(), open) == [["mg"], ["mg"]])
    }

    @Test("one that comes back shares with the next; by weight all that work do")
    func several() {
        let ramping = Self.upstreams { $0["ses"]?.circuitShare = 0.25 }
        #expect(Self.moves(.reset, "ses", Self.route(), ramping) == [["ses", "mg"], ["ses"]])
        let disabled = Self.upstreams {
            $0["ses"]?.circuitShare = 0.25
            $0["ses"]?.share = 0
            $0["ses"]?.adminOverride.state = .disabled
        }
        #expect(Self.moves(.enable, "ses", Self.route(), disabled) == [["mg"], ["ses", "mg"]])
        let weighted = Self.route("w", .weighted, ["ses", "mg", "own"])
        #expect(Self.moves(.drain, "mg", weighted) == [["ses", "mg", "own"], ["ses", "own"]])
    }

    @Test("what is in its sessions is told apart from what is lined up for one")
    func counts() {
        let busy = Self.upstreams {
            $0["ses"]?.inFlight = 12
            $0["ses"]?.linedUp = 9
        }
        let impact = busy.document(of: .drain, for: "ses", routes: [], loads: [:])
        #expect(impact.inFlight == 3)
        #expect(impact.linedUp == 9)
    }

    @Test("routes that do not use it are not concerned")
    func others() {
        let routes = [
            Self.route("a", .priority, ["mg"]), Self.route("b"), Self.route("c", .priority, ["mg"], last: "ses"),
        ]
        let impact = Self.upstreams().document(of: .disable, for: "ses", routes: routes, loads: [:])
        #expect(impact.routes.map(\.route) == ["b", "c"])
    }

    @Test("is answered with what waits, and nothing changes")
    func rehearsal() async throws {
        let controlled = ControlledUpstreams("ses", "mg")
        let spool = FaultySpool()
        let states: [[Recipient.State]] = [[.queued, .deferred, .held], [.failed], [.deferred]]
        for (index, states) in states.enumerated() {
            spool.insert(.example(Int64(index + 1), recipients: states.map(Self.recipient)), content: ByteBuffer())
        }
        try await RunningAdmin.with(
            spool: spool, routes: [Self.route()], controlled: controlled
        ) { (admin) async throws in
            let impact = try await admin.client.post(
                UpstreamControlDocument(dryRun: true), to: AdminPath.control("ses", "disable"),
                for: UpstreamImpactDocument.self)
            #expect(impact.upstream == "ses" && impact.action == "disable")
            #expect(impact.inFlight == 0 && impact.linedUp == 0)
            #expect(
                impact.routes == [
                    .init(route: "default", messages: 2, recipients: 3, before: ["ses"], after: ["mg"])
                ])
            let routes = try await admin.client.document(RouteDocument.self, at: "/v1/routes")
            #expect(routes == Self.route())
        }
        #expect(controlled.orders.isEmpty)
    }

    private static func recipient(_ state: Recipient.State) -> Recipient {
        Recipient(address: Address(unchecked: "r@b.example"), state: state)
    }
}
