import Foundation
import Testing

@Suite("Upstreams whose name has several addresses", .scenario)
struct SeveralAddressesTests {
    private static let name = "several.test"

    /// How an address is sick.
    enum Sickness: CaseIterable, Sendable {
        case refuses, resets, closes, banner421, banner554, silent

        fileprivate var options: [String] {
            switch self {
            case .refuses: []
            case .resets: ["--drop-at", "connect"]
            case .closes: ["--drop-at", "banner"]
            case .banner421: ["--fail-at", "banner", "--reply", "421 4.3.2 Not now"]
            case .banner554: ["--fail-at", "banner", "--reply", "554 5.3.2 No mail here"]
            case .silent: ["--hang-at", "connect"]
            }
        }
    }

    /// One sink per address, all at the port of the first.
    private func sinks(_ options: [[String]]) throws -> [Sink] {
        let first = try Sink(options: options[0])
        return [first] + (try options.dropFirst().map { try Sink(options: $0, port: first.port) })
    }

    private func names(_ sinks: [Sink]) throws -> HostNames {
        try HostNames([Self.name: sinks.map(\.host)])
    }

    private func upstream(_ sink: Sink, _ lines: String...) -> RelayConfig.Upstream {
        RelayConfig.Upstream(name: "several", address: "\(Self.name):\(sink.port)", lines: lines)
    }

    @Test(
        "mail goes to the address that works, and no other upstream is needed",
        arguments: Sickness.allCases, [true, false])
    func sick(_ sickness: Sickness, hasSecondary: Bool) throws {
        let sinks = try sinks([sickness.options, []])
        if sickness == .refuses { try sinks[0].killNow() }
        let secondary = try Sink()
        let names = try names(sinks)
        let several = upstream(sinks[0])
        let config = hasSecondary ? RelayConfig(several, secondary.upstream("secondary")) : RelayConfig(several)
        let relay = try Relay(config, environment: names.environment)
        let sent = try Burst(TestMail.series("several", 20), to: relay.port).finish()
        try sinks[1].wait(for: 20)
        try relay.wait(for: 20, "delivered")
        #expect(relay.lines("delivered").allSatisfy { $0.upstream == "several" })
        #expect(relay.count("circuit") == 0 && relay.count("deferred") == 0)
        // A silent address has not failed before its time is over.
        if sickness != .silent {
            #expect(relay.lines("address_failed").map(\.address) == ["\(sinks[0].host):\(sinks[0].port)"])
            let shown = try relay.command("upstream", "show", "several").output
            #expect(shown.contains { $0.contains(sinks[0].host) && $0.contains("sick") })
        }
        try relay.stop()
        try Books(sent, sinks: sinks + [secondary], relay: relay).checkExactlyOnce()
    }

    @Test("sessions spread over the addresses that work")
    func spread() throws {
        // Slow enough that one session cannot take all the mail, however slowly it comes in; and short sessions, since an
        // address whose first greeting is late gets only later ones.
        let slow = ["--fault", "dot delay=100ms"]
        let sinks = try sinks([slow, slow, slow])
        let names = try names(sinks)
        let relay = try Relay(
            RelayConfig(upstream(sinks[0], "max_connections = 6", "max_messages_per_connection = 3")),
            environment: names.environment)
        let sent = try Burst(TestMail.series("spread", 60), to: relay.port).finish()
        try relay.wait(for: 60, "delivered")
        try relay.stop()
        #expect(sinks.allSatisfy { $0.taken > 0 }, "\(sinks.map(\.taken))")
        try Books(sent, sinks: sinks, relay: relay).checkExactlyOnce()
    }

    @Test("an address killed in the middle of a burst: the others take the rest")
    func killed() throws {
        let sinks = try sinks([[], []])
        let names = try names(sinks)
        let relay = try Relay(
            RelayConfig(upstream(sinks[0], "in_doubt = \"hold\"")), environment: names.environment)
        let burst = Burst(TestMail.series("killed", 500), to: relay.port)
        try sinks[0].wait(for: 20)
        try sinks[0].killNow()
        let sent = try burst.finish()
        #expect(sent.accepted.count == 500)
        try relay.waitForRest(of: 500)
        try relay.stop()
        let books = try Books(sent, sinks: sinks, relay: relay)
        books.checkAtMostOnce()
        #expect(books.queued.values.allSatisfy { $0 == "in_doubt" })
    }

    @Test("all addresses are silent: the mail goes through the next upstream")
    func allSilent() throws {
        let sinks = try sinks([["--hang-at", "connect"], ["--hang-at", "banner"], ["--hang-at", "connect"]])
        let secondary = try Sink()
        let names = try names(sinks)
        let relay = try Relay(
            RelayConfig(upstream(sinks[0], "patience = \"500ms\""), secondary.upstream("secondary")),
            environment: names.environment)
        let sent = try Burst(TestMail.series("silent", 3), to: relay.port).finish()
        try relay.wait(for: 3, "delivered")
        #expect(relay.lines("delivered").allSatisfy { $0.upstream == "secondary" })
        try relay.stop()
        try Books(sent, sinks: sinks + [secondary], relay: relay).checkExactlyOnce()
    }
}
