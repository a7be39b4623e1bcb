import NIOCore
import NIOPosix
import Testing

@testable import Delivery

@Suite("Host name lookups")
struct HostLookupTests {
    @Test("many connections get the addresses of a name, by kind")
    func shared() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let resolver = SharedResolver(HostLookup.shared, eventLoop)
        for _ in 0..<20 {
            let four = try await resolver.initiateAQuery(host: "localhost", port: 25).get()
            let six = try await resolver.initiateAAAAQuery(host: "localhost", port: 25).get()
            #expect(!(four + six).isEmpty)
            #expect(four.allSatisfy { $0.protocol == .inet && $0.port == 25 })
            #expect(six.allSatisfy { $0.protocol == .inet6 && $0.port == 25 })
        }
    }

    @Test("an invalid name fails, and says so")
    func unknown() async throws {
        let eventLoop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = HostLookup.shared.addresses(of: "no such name", port: 25, on: eventLoop)
        await #expect(throws: LookupError.self) { try await answer.get() }
    }
}
