import NIOCore
import NIOPosix
import Testing

@testable import Delivery

@Suite("Host name lookups")
struct HostLookupTests {
    @Test("many connections get the addresses of a name, with the port")
    func shared() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let settings = UpstreamSettings(name: "local", host: "localhost", port: 25)
        for _ in 0..<20 {
            let addresses = try await SocketConnector().addresses(of: settings, on: eventLoop).get()
            #expect(!addresses.isEmpty)
            #expect(addresses.allSatisfy { $0.port == 25 && ["127.0.0.1", "::1"].contains($0.ipAddress) })
        }
    }

    @Test("an address needs no query", arguments: ["192.0.2.1", "2001:db8::1"])
    func literal(host: String) async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let settings = UpstreamSettings(name: "literal", host: host, port: 587)
        let addresses = try await SocketConnector().addresses(of: settings, on: eventLoop).get()
        #expect(addresses == [try SocketAddress(ipAddress: host, port: 587)])
    }

    @Test("an invalid name fails, and says so")
    func unknown() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = HostLookup.shared.addresses(of: "no such name", port: 25, on: eventLoop)
        await #expect(throws: LookupError.self) { try await answer.get() }
    }
}
