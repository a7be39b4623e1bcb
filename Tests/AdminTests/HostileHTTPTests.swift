import Access
import Admin
import Foundation
import Glibc
import Testing

@Suite("Hostile clients of the API over TCP")
struct HostileHTTPTests {
    @Test("more connections than there is room for shut out nobody who asks something")
    func many() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings, connections: 20) { (admin) async throws in
            var idle: [RawHTTP] = []
            defer { for connection in idle { connection.close() } }
            for index in 0..<200 {
                idle.append(try RawHTTP(admin.http))
                idle[index].send("GET /v1/health HTT")
                if index.isMultiple(of: 40) {
                    #expect(try RawHTTP.ask(admin.http, "GET /livez").status == 200)
                }
            }
            #expect(try RawHTTP.ask(admin.http, "GET /v1/health", token: tokens.read.text).status == 200)
        }
    }

    @Test(
        "endless headers end the connection",
        arguments: ["x: \(String(repeating: "a", count: 17 << 10))\r\n", String(repeating: "a: b\r\n", count: 101)])
    func headers(fields: String) async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            connection.send("GET /livez HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n")
            let text = connection.rest()
            #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 4"), "\(text.prefix(100))")
        }
    }

    @Test(
        "a request that two servers could read differently is refused, and nothing behind it is answered",
        arguments: [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
            "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
            "Content-Length: +5\r\n\r\nhello", "Content-Length: 5 5\r\n\r\nhello", "Content-Length : 5\r\n\r\nhello",
            "Transfer-Encoding:\u{B}chunked\r\n\r\n0\r\n\r\n", "X: y\r\n folded\r\nContent-Length: 5\u{0}\r\n\r\nhello",
        ])
    func smuggling(rest: String) async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            let smuggled = RawHTTP.head("GET /livez", fields: ["Connection: close"])
            connection.send("POST /v1/queue/hold HTTP/1.1\r\nHost: localhost\r\n" + rest + smuggled)
            let text = connection.rest()
            #expect(!text.contains(" 200 "), "\(text)")
        }
    }

    @Test("a body that nobody wants is not read to its end")
    func bodies() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            connection.send("POST /v1/queue/hold HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n")
            let answer = try #require(connection.answers().first)
            #expect(answer.status == 401 && answer.fields["connection"] == "close")
            let part = String(repeating: "x", count: 1 << 20)
            var sent = 0
            while sent < 20_000, connection.send(part) { sent += 1 }
            #expect(sent < 20_000)
        }
    }

    // RFC 9110 section 10.1.1.
    @Test("a client that asks before it sends is told to go on")
    func expectation() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let connection = try RawHTTP(admin.http)
            defer { connection.close() }
            let body = "{\"filter\":{}}"
            connection.send(
                RawHTTP.head(
                    "POST /v1/queue/hold", token: tokens.operate.text, fields: ["Expect: 100-continue"], body: body))
            #expect(connection.answers().map(\.status) == [100])
            connection.send(body)
            #expect(connection.answers().first?.status == 200)
        }
    }

    /// A client that was waited for would have half an hour for its request.
    @Test("clients that say nothing, or not all, do not keep the relay from ending", .timeLimit(.minutes(10)))
    func ending() async throws {
        let tokens = try AccessTests.Tokens()
        var idle: [RawHTTP] = []
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let dribble = RawHTTP.head("POST /v1/queue/hold", fields: ["Content-Length: 9"]) + "{"
            for text in ["", "GET /liv", dribble] {
                let connection = try RawHTTP(admin.http)
                connection.send(text)
                idle.append(connection)
            }
            #expect(try RawHTTP.ask(admin.http, "GET /livez").status == 200)
        }
        for connection in idle { connection.close() }
    }

    @Test("wrong tokens wait, right ones do not")
    func guessing() async throws {
        let tokens = try AccessTests.Tokens()
        try await RunningAdmin.with(http: tokens.settings) { (admin) async throws in
            let start = ContinuousClock.now
            let guesses = try (0..<20).map { index in
                let connection = try RawHTTP(admin.http)
                connection.send(RawHTTP.head("GET /v1/health", token: "guess\(index)"))
                return connection
            }
            #expect(try RawHTTP.ask(admin.http, "GET /v1/health", token: tokens.read.text).status == 200)
            for guess in guesses {
                #expect(guess.answers().first?.status == 401)
                guess.close()
            }
            #expect(ContinuousClock.now - start >= .milliseconds(50))
        }
    }
}
