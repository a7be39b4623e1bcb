import Foundation
import Mail
import Probing
import RoundTrips
import Synchronization
import TestKit
import Testing

@Suite("The service of round trips")
struct RoundTripServiceTests {
    @Test("probes go through each upstream, and what arrives is counted and deleted")
    func healthy() async throws {
        try await withWorld { world in
            try await world.run(seconds: 100)
            #expect(await world.states() == ["a": .ok, "b": .ok])
            #expect(Set(world.marks.map(\.upstream)) == ["a", "b"])
            #expect(world.answers.allSatisfy { $0 } && !world.answers.isEmpty)
            let message = try #require(world.messages.first)
            #expect(message.sender.text == "probes@example.com" && message.recipient.text == "m@example.net")
        }
    }

    @Test("an upstream that loses its mail is blamed, also after a restart, until probes arrive")
    func lossy() async throws {
        try await withWorld { world in
            world.lossy = ["a"]
            try await world.run(seconds: 80)
            #expect(world.blamed == ["a"])
            #expect(await world.states() == ["a": .missing, "b": .ok])
            try await world.restart()
            #expect(world.blamed == ["a", "a"])
            #expect(await world.states() == ["a": .missing, "b": .ok])
            world.lossy = []
            try await world.run(seconds: 80)
            #expect(world.acquitted == ["a"])
            #expect(await world.states() == ["a": .ok, "b": .ok])
            let (history, now) = await world.service.history()
            let report = TripReport(history, from: now - .seconds(600), until: now, now: now) { $0.upstream == "a" }
            #expect(report.lines.map(\.path.upstream) == ["a"])
            #expect(report.incidents.map(\.verdict).prefix(2) == [.late, .missing])
        }
    }

    @Test("an operator's reset ends a blame")
    func pardon() async throws {
        try await withWorld { world in
            world.lossy = ["a"]
            try await world.run(seconds: 80)
            world.service.pardon("a")
            try await world.run(seconds: 1)
            #expect(world.acquitted == ["a"])
        }
    }

    @Test("nothing goes through an upstream that is out of use")
    func outOfUse() async throws {
        try await withWorld { world in
            world.service.setOutOfUse(["a"])
            try await world.run(seconds: 60)
            #expect(Set(world.marks.map(\.upstream)) == ["b"])
            #expect(await world.service.request(TripPath(trip: "t", upstream: "a", mailbox: ServiceWorld.mailbox)))
            #expect(world.notSent == ["a is out of use, by an operator's order"])
        }
    }

    @Test("a probe that is asked for goes at once")
    func request() async throws {
        try await withWorld { world in
            try await world.run(seconds: 30)
            let before = world.marks.count
            #expect(await world.service.request(TripPath(trip: "t", upstream: "b", mailbox: ServiceWorld.mailbox)))
            #expect(await !world.service.request(TripPath(trip: "t", upstream: "c", mailbox: ServiceWorld.mailbox)))
            try await world.run(seconds: 1)
            #expect(world.marks[before...].map(\.upstream).contains("b"))
        }
    }

    @Test("a probe that the spool refuses is told, and is no fault of anybody")
    func refused() async throws {
        try await withWorld { world in
            world.isFull = true
            try await world.run(seconds: 40)
            #expect(world.notSent.allSatisfy { $0 == "the spool is full" } && !world.notSent.isEmpty)
            #expect(await world.states() == ["a": nil, "b": nil])
            world.isFull = false
            try await world.run(seconds: 40)
            #expect(await world.states() == ["a": .ok, "b": .ok])
        }
    }

    @Test("a mailbox is watched while something is expected, and no longer than it is in relay.conf")
    func lookers() async throws {
        try await withWorld { world in
            try await world.run(seconds: 15)
            #expect(world.looker.expectations.first == true)
            await world.service.replace([], upstreams: ["a", "b"])
            #expect(await world.service.listings().isEmpty)
        }
    }

    @Test("files that are damaged are set aside, and new ones begin")
    func damaged() async throws {
        try await withWorld { world in
            try await world.run(seconds: 30)
            await world.service.stop()
            for name in [RoundTripStore.stateName, RoundTripStore.historyName, RoundTripStore.journalName] {
                try Data([1, 2, 3]).write(to: URL(fileURLWithPath: "\(world.directory.path)/\(name)"))
            }
            try await world.restart()
            #expect(world.unreadable.count == 2)
            #expect(await world.service.history().history.paths.isEmpty)
            #expect(await world.states() == ["a": nil, "b": nil])
            try await world.run(seconds: 30)
            #expect(await world.states() == ["a": .ok, "b": .ok])
        }
    }

    @Test("the key is made once, is nobody else's to read, and outlives a restart")
    func key() throws {
        let directory = try TemporaryDirectory()
        let first = ProbeKeyFile.key(in: directory.path) { _ in }
        let token = try #require(
            ProbeToken(
                TripPath(trip: "t", upstream: nil, mailbox: "m@example.net"), sentAt: Timestamp(milliseconds: 5),
                number: 1))
        let text = try #require(token.text(first))
        #expect(ProbeToken(text.utf8, ProbeKeyFile.key(in: directory.path) { _ in }) == token)
        let path = "\(directory.path)/\(ProbeKeyFile.name)"
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        try Data([1]).write(to: URL(fileURLWithPath: path))
        #expect(ProbeToken(text.utf8, ProbeKeyFile.key(in: directory.path) { _ in }) == nil)
    }

    @Test("a relay without round trips writes nothing about them")
    func unused() async throws {
        try await withWorld(isConfigured: false) { world in
            try await world.run(seconds: 20)
            await world.service.stop()
            #expect(try FileManager.default.contentsOfDirectory(atPath: world.directory.path).isEmpty)
        }
    }

    @Test("a key that cannot be written is told of once, and serves as long as the relay runs")
    func unwritableKey() throws {
        let told = Mutex<[String]>([])
        let key = ProbeKeyFile.key(in: "/nowhere") { news in
            if case .unwritable(let path, _) = news { told.withLock { $0.append(path) } }
        }
        let path = TripPath(trip: "t", upstream: nil, mailbox: "m@example.net")
        let token = try #require(ProbeToken(path, sentAt: Timestamp(milliseconds: 5), number: 1))
        let text = try #require(token.text(key))
        #expect(ProbeToken(text.utf8, key) == token)
        #expect(told.withLock(\.self) == ["/nowhere/\(ProbeKeyFile.name)"])
    }

    private func withWorld(isConfigured: Bool = true, _ body: (ServiceWorld) async throws -> Void) async throws {
        let world = try await ServiceWorld(isConfigured: isConfigured)
        try await body(world)
        await world.service.stop()
    }
}
