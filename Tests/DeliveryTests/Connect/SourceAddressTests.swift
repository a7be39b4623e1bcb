import Mail
import NIOCore
import NIOPosix
import Testing
import Upstreams

@testable import Delivery

@Suite("The source address of an upstream")
struct SourceAddressTests {
    private static func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

    @Test("can be any that this machine has")
    func present() throws {
        #expect(try SourceAddress.problem(with: Self.address("127.0.0.1")) == nil)
        #expect(
            try SourceAddress.problem(with: Self.address("192.0.2.1")) == "192.0.2.1 is not an address of this machine")
        #expect(try SourceAddress.problem(with: Self.address("2001:db8::1")) != nil)
    }

    @Test("leaves the addresses of its family")
    func families() throws {
        let four = try SocketAddress(ipAddress: "192.0.2.7", port: 25)
        let six = try SocketAddress(ipAddress: "2001:db8::7", port: 25)
        let (own4, own6) = (try Self.address("192.0.2.1"), try Self.address("2001:db8::1"))
        #expect(try SocketConnector.reachable([six, four], from: own4, of: "mx.test") == [four])
        #expect(try SocketConnector.reachable([six, four], from: own6, of: "mx.test") == [six])
        #expect(try SocketConnector.reachable([], from: own6, of: "mx.test") == [])
        let error = #expect(throws: SourceAddressError.self) {
            try SocketConnector.reachable([six], from: own4, of: "mx.test")
        }
        #expect(
            error?.description
                == "mx.test has only IPv6 addresses, and source_address 192.0.2.1 needs IPv4")
    }

    /// Connects to a listener on 127.0.0.1; returns the address that it sees.
    private func peer(from source: IPAddress) async throws -> String? {
        let group = MultiThreadedEventLoopGroup.singleton
        let seen = group.next().makePromise(of: String?.self)
        let server = try await ServerBootstrap(group: group).childChannelInitializer { channel in
            seen.succeed(channel.remoteAddress?.ipAddress)
            return channel.close()
        }.bind(host: "127.0.0.1", port: 0).get()
        let address = try #require(server.localAddress)
        var upstream = UpstreamSettings(name: "a", host: "127.0.0.1", port: address.port ?? 0)
        upstream.sourceAddress = source
        let loop = group.next()
        do {
            let channel = try await loop.flatSubmit { [upstream] in
                SocketConnector().connect(
                    to: address, of: upstream, timeout: .seconds(5), handler: Idle(), on: loop)
            }.get()
            channel.close(promise: nil)
        } catch {
            seen.fail(error)
        }
        do {
            let origin = try await seen.futureResult.get()
            try await server.close()
            return origin
        } catch {
            try await server.close()
            throw error
        }
    }

    private final class Idle: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
    }

    #if os(Linux)
    @Test("is what the server sees")
    func bound() async throws {
        #expect(try await peer(from: Self.address("127.0.0.2")) == "127.0.0.2")
    }
    #endif

    @Test("that this machine lacks is the upstream's failure, not a shortage for which all mail would wait")
    func absent() async throws {
        let error = await #expect(throws: SourceAddressError.self) { try await peer(from: Self.address("192.0.2.1")) }
        #expect(error?.description == "source_address 192.0.2.1 is not an address of this machine")
        #expect(try OwnShortage.reason(#require(error)) == nil)
        #expect(
            try ConnectError.sentence(for: #require(error))
                == "source_address 192.0.2.1 is not an address of this machine")
    }
}
