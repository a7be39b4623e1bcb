import Delivery
import Ingress
import Mail
import Testing

@testable import Configuration

@Suite("As whom mail leaves, in relay.conf")
struct IdentityTests {
    private func upstream(_ line: String, address: String = "mx.test:25") -> String {
        "hostname = \"relay.test\"\n[[upstream]]\nname = \"a\"\naddress = \"\(address)\"\n\(line)\n"
    }

    @Test("a source address that this machine lacks is a warning, because it may come up later")
    func absent() throws {
        let text = upstream("source_address = \"192.0.2.1\"")
        #expect(
            problems(text) == [
                "relay.conf:5: warning: upstream.source_address: 192.0.2.1 is not an address of this machine; give the "
                    + "machine this address, or write another; until then this upstream gets no mail"
            ])
        #expect(try configuration(text).delivery.upstreams[0].sourceAddress?.description == "192.0.2.1")
    }

    @Test("one of the other family than the upstream's address is an error")
    func otherFamily() {
        #expect(
            problems(upstream("source_address = \"127.0.0.1\"", address: "[2001:db8::1]:25")) == [
                "relay.conf:5: upstream.source_address: \"127.0.0.1\" is IPv4, and 2001:db8::1 is IPv6; write an IPv6 "
                    + "address of this machine, or connect to an IPv4 address"
            ])
    }

    @Test("fields that routes and upstreams add are looked for in each message, at most 16 of them")
    func addedHeaders() throws {
        let route =
            "[[route]]\nname = \"r\"\nsender = \"@x\"\nupstreams = [\"a\"]\nheaders = [\"x-b: 2\", \"X-A: 1\"]\n"
        let text = upstream("headers = [\"X-A: 1\"]") + route
        #expect(try configuration(text).ingress.addedHeaders == ["x-a", "x-b"])
        #expect(try configuration(text).ingress.capturedHeaders == [])
        let many = (0...16).map { "\"X-\($0): a\"" }.joined(separator: ", ")
        #expect(
            problems(upstream("headers = [\(many)]")) == [
                "relay.conf:5: upstream.headers: upstreams and routes add 17 distinct header fields; add at most 16"
            ])
    }
}
