import NIOCore
import NIOPosix
import Spool
import TestKit
import Testing
import Upstreams

@testable import Delivery

@Suite("A reload of the delivery service")
struct ServiceReloadTests {
    @Test("has all settings in force before the queue is read, which only other times need")
    func renewal() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let (spool, directory) = (FaultySpool(), try TemporaryDirectory())
        var settings = DeliverySettings()
        settings.hostname = "relay.test"
        settings.health.interval = .zero
        settings.upstreams = ["first", "second"].map { DeliveryStage.upstream($0) }
        let delivery = try await DeliveryService.start(
            settings: settings, spool: spool, eventLoop: group.next(), clock: RelayClock(directory: directory.path)
        ) { _ in }
        settings.upstreams[0].maxConnections = 3
        var hasOtherTimes = await delivery.replace(with: settings)
        #expect(!hasOtherTimes)
        settings.upstreams.removeFirst()
        settings.retry.initial = .seconds(7)
        hasOtherTimes = await delivery.replace(with: settings)
        #expect(hasOtherTimes)
        let names = await delivery.upstreams().map(\.name)
        #expect(names == ["second"] && spool.scheduleReads == 1)
        await delivery.renew()
        #expect(spool.scheduleReads == 2)
        await delivery.stop(grace: .zero)
        try await group.shutdownGracefully()
    }
}
