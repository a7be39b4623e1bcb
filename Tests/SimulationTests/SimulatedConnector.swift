import NIOCore

@testable import Delivery

/// Connects one life of the relay to the servers.
final class SimulatedConnector: UpstreamConnector {
    private let loop: SimulatedLoop
    private let upstreams: [SimulatedUpstream]
    private let names: [String: Int]
    private var channels: [SimulatedChannel] = []
    private var isOver = false

    init(_ loop: SimulatedLoop, _ upstreams: [SimulatedUpstream]) {
        self.loop = loop
        self.upstreams = upstreams
        self.names = Dictionary(uniqueKeysWithValues: upstreams.map { ($0.nature.name, $0.index) })
    }

    func addresses(
        of upstream: UpstreamSettings, on eventLoop: any EventLoop
    ) -> EventLoopFuture<[SocketAddress]> {
        let count = 1 + (names[upstream.name].map { upstreams[$0].nature.habits.sick.count } ?? 0)
        return eventLoop.makeCompletedFuture {
            try (1...count).map { try SocketAddress(ipAddress: "192.0.2.\($0)", port: 25) }
        }
    }

    func connect(
        to address: SocketAddress, of settings: UpstreamSettings, timeout: TimeAmount, handler: any ChannelHandler,
        on eventLoop: any EventLoop
    ) -> EventLoopFuture<any Channel> {
        guard let index = names[settings.name] else { preconditionFailure("no such upstream") }
        let upstream = upstreams[index]
        let (promise, fulfil) = loop.makeMortalPromise(of: (any Channel).self)
        let sickness = Self.sickness(of: address, upstream)
        let now = loop.timeline.now
        let answered = now + 2 * upstream.nature.latency.nanoseconds
        let given = now + timeout.nanoseconds
        guard upstream.weather != .ignores, sickness != .ignores, answered <= given, !isOver else {
            upstream.countConnect()
            loop.at(given) { fulfil(.failure(ChannelError.connectTimeout(timeout))) }
            return promise.futureResult
        }
        loop.at(answered) { [self] in
            guard upstream.weather != .refuses, sickness != .refuses else {
                upstream.countConnect()
                return fulfil(.failure(IOError(errnoCode: 111, reason: "connect")))
            }
            fulfil(.success(open(upstream, sickness, handler)))
        }
        return promise.futureResult
    }

    /// The last address is the one that works.
    private static func sickness(of address: SocketAddress, _ upstream: SimulatedUpstream) -> Habits.Sickness? {
        let place = Int(address.ipAddress?.split(separator: ".").last ?? "") ?? 1
        let sick = upstream.nature.habits.sick
        return place <= sick.count ? sick[place - 1] : nil
    }

    private func open(
        _ upstream: SimulatedUpstream, _ sickness: Habits.Sickness?, _ handler: any ChannelHandler
    ) -> any Channel {
        let connection = upstream.accept(loop, sickness)
        let channel = SimulatedChannel(loop, connection)
        connection.channel = channel
        channels.removeAll(where: \.isTakenApart)
        channels.append(channel)
        do {
            try channel.pipeline.syncOperations.addHandler(handler)
        } catch {
            preconditionFailure("\(error)")
        }
        loop.execute { connection.greet() }
        return channel
    }

    /// The relay has died.
    ///
    /// - Parameter loses: whether the last data written on a connection is lost.
    func end(loses: () -> Bool) {
        isOver = true
        for channel in channels where !channel.isTakenApart {
            channel.connection.abandoned(losesOctets: loses())
            channel.die()
        }
        channels = []
    }
}
