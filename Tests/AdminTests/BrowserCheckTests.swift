import HTTPTypes
import Testing

@testable import Admin

@Suite("A browser that comes by the socket")
struct BrowserCheckTests {
    private static func refusal(_ host: String?, _ fields: HTTPFields) -> BrowserCheck.Refusal? {
        do throws(BrowserCheck.Refusal) {
            try BrowserCheck.check(
                HTTPRequest(method: .post, scheme: "http", authority: host, path: "/", headerFields: fields))
            return nil
        } catch {
            return error
        }
    }

    @Test(
        "may use it from its own page",
        arguments: ["localhost:8025", "127.0.0.1:8025", "[::1]:8025", "relay", "LOCALHOST"])
    func own(host: String) {
        #expect(Self.refusal(host, [.origin: "http://\(host)"]) == nil)
        #expect(Self.refusal(host, [.origin: "https://\(host.lowercased())"]) == nil)
        #expect(Self.refusal(host, [.userAgent: "Mozilla/5.0"]) == nil)
    }

    @Test(
        "may not from the page of another site",
        arguments: [
            "http://evil.example", "null", "http://localhost:3000", "http://localhost", "", "file://localhost:8025",
        ])
    func other(origin: String) {
        #expect(Self.refusal("localhost:8025", [.origin: origin]) == .origin)
    }

    @Test(
        "may not for a picture or a script of another site's page, which has no Origin, but may follow a link",
        arguments: ["cross-site", "same-site"])
    func metadata(site: String) throws {
        let (name, mode) = (
            try #require(HTTPField.Name("Sec-Fetch-Site")), try #require(HTTPField.Name("Sec-Fetch-Mode"))
        )
        for value in ["no-cors", "cors", "websocket"] {
            #expect(Self.refusal("localhost:8025", [name: site, mode: value]) == .origin)
        }
        #expect(Self.refusal("localhost:8025", [name: site]) == .origin)
        #expect(Self.refusal("localhost:8025", [name: site, mode: "navigate"]) == nil)
        for own in ["same-origin", "none"] {
            #expect(Self.refusal("localhost:8025", [name: own, mode: "cors"]) == nil)
        }
    }

    @Test("may not by a name whose owner can point it here")
    func rebinding() {
        for host in ["evil.example", "localhost.evil.example:8025", "127.0.0.1.evil.example"] {
            #expect(Self.refusal(host, [.origin: "http://\(host)"]) == .host)
            #expect(Self.refusal(host, [.userAgent: "Mozilla/5.0 (X11)"]) == .host)
            #expect(Self.refusal(host, [.acceptLanguage: "en"]) == .host)
        }
        #expect(Self.refusal(nil, [.acceptLanguage: "en"]) == .host)
    }

    @Test("is not confused with a program, which may name any host")
    func programs() {
        for host in ["posthorse", "relay.example.com", "anything.example:1"] {
            #expect(Self.refusal(host, [.userAgent: "curl/8.5.0"]) == nil)
            #expect(Self.refusal(host, [:]) == nil)
        }
    }
}
