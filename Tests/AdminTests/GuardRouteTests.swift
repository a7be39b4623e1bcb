import Admin
import Audit
import Delivery
import Mail
import NIOCore
import SASL
import TestKit
import Testing
import Upstreams

@testable import Ingress

@Suite("Paces and guarded users, through the admin interface")
struct GuardRouteTests {
    /// Somebody has sent more than usual as "shop".
    private static func guardian() throws -> UserGuard {
        let now = RunningAdmin.now
        var habit = UserHabit(now: now + .seconds(-70 * 600))
        for span in -70..<0 {
            _ = habit.advance(to: now + .seconds(span * 600))
            _ = habit.took(30, now: now + .seconds(span * 600))
        }
        let guardian = UserGuard(["shop": habit], steady: { now }, report: { _ in })
        let (salt, key) = (String(repeating: "A", count: 22), String(repeating: "A", count: 43))
        let hash = try PasswordHash(text: "$scrypt$ln=14,r=8,p=5$\(salt)$\(key)")
        guardian.replace(
            ["shop", "wiki", "open"].map { name in
                var user = UserSettings(name: name, passwordHash: hash)
                user.guardMode = name == "open" ? .off : .hold
                return user
            })
        _ = guardian.took(200, of: "shop")
        return guardian
    }

    private func users(_ admin: RunningAdmin) async throws -> [UserDocument] {
        var all: [UserDocument] = []
        try await admin.client.forEachLine(at: AdminPath.users) {
            all.append(try AdminJSON.decode(UserDocument.self, from: $0))
        }
        return all
    }

    private func trust(_ user: String, dryRun: Bool = false, _ admin: RunningAdmin) async throws -> UserDocument {
        let order = TrustDocument(user: user, reason: "a campaign", dryRun: dryRun)
        return try await admin.client.post(order, to: AdminPath.userTrust, for: UserDocument.self)
    }

    @Test("guarded users are listed with what is usual, and a suspicion ends by order")
    func users() async throws {
        let desk = GuardDesk(try Self.guardian(), lead: { .zero })
        try await RunningAdmin.with(users: desk) { admin in
            let before = try await users(admin)
            #expect(before.map(\.name) == ["shop", "wiki"])
            #expect(before.map(\.state) == ["suspected", "learning"] && before.map(\.cause) == ["rate", nil])
            #expect(before[0].usual == 30 && before[0].recipients == 200 && before[0].guardMode == "hold")
            let rehearsed = try await trust("shop", dryRun: true, admin)
            #expect(rehearsed.state == "suspected")
            let trusted = try await trust("shop", admin)
            #expect(trusted.state == "usual" && trusted.since == nil)
            let untouched = try await trust("wiki", admin)
            #expect(untouched.state == "learning")
            await #expect(throws: AdminClientError.self) { try await trust("open", admin) }
        }
    }

    @Test("paces are listed in the order of relay.conf")
    func paces() async throws {
        let settings = [PaceSettings([.family(.google)]), PaceSettings([.pattern("*")])]
        let pace = DomainPace(settings[1], now: MonotonicInstant(nanoseconds: 0))
        let status = PaceStatus(
            entry: 1, name: "a.test", settings: settings[1], pace: pace, waiting: 3, nextAt: RunningAdmin.now)
        try await RunningAdmin.with(paces: PaceReport(settings: settings, paces: [status])) { admin in
            var all: [PaceDocument] = []
            try await admin.client.forEachLine(at: AdminPath.paces) {
                all.append(try AdminJSON.decode(PaceDocument.self, from: $0))
            }
            #expect(all.map(\.pace) == ["family:google", "*"] && all.map(\.domain) == [nil, "a.test"])
            #expect(all.map(\.waiting) == [0, 3])
        }
    }

    @Test("a bad body is refused with what is wrong")
    func bodies() {
        for text in ["", "{}", "[]", "{\"user\":1}", "{\"user\":\"a\",\"forever\":true}"] {
            #expect(throws: AdminError.self) { try TrustDocument(ByteBuffer(string: text)) }
        }
    }
}
