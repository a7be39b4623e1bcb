import Mail
import RoundTrips
import TestKit
import Testing

@Suite("What a header tells")
struct HeaderTraceTests {
    static let google = """
        Delivered-To: probe@example.net\r
        Received: by 2002:a05:6f02:1234:b0:5e:1 with SMTP id a1csp1;\r
                Sat, 21 Nov 2026 02:00:09 -0800 (PST)\r
        ARC-Authentication-Results: i=1; mx.other.example; spf=fail\r
        Return-Path: <relay@example.com>\r
        Received: from a8-30.smtp-out.amazonses.com (a8-30.smtp-out.amazonses.com. [192.0.2.30])\r
                by mx.google.com with ESMTPS id d75a77b69052e-4d2\r
                for <probe@example.net>\r
                (version=TLS1_3 cipher=TLS_AES_128_GCM_SHA256 bits=128/128);\r
                Sat, 21 Nov 2026 02:00:08 -0800 (PST)\r
        Authentication-Results: mx.google.com;\r
               dkim=fail header.i=@example.com (bad; key);\r
               dkim=pass header.i=@amazonses.com header.s=abc;\r
               spf=pass (google.com: domain of x designates 192.0.2.30 as permitted sender) smtp.mailfrom=x;\r
               dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=example.com\r
        Authentication-Results: relay.example.com; spf=fail; dmarc=fail\r
        Received: from relay.example.com ([IPv6:2001:db8::1]) by email-smtp.example with ESMTPS id 17;\r
         Sat, 21 Nov 2026 10:00:02 +0000\r
        Subject: Received: from nobody by nobody; Sat, 21 Nov 2026 10:00:02 +0000\r
        \r
        Received: from body by body; Sat, 21 Nov 2026 10:00:02 +0000\r

        """

    @Test("hops in the order of the way, and what the provider says")
    func hops() throws {
        let trace = HeaderTrace(parsing: Self.google.utf8)
        try #require(trace.hops.count == 3)
        #expect(trace.hops.map(\.by) == ["email-smtp.example", "mx.google.com", "2002:a05:6f02:1234:b0:5e:1"])
        #expect(trace.hops.map(\.from) == ["relay.example.com", "a8-30.smtp-out.amazonses.com", nil])
        #expect(trace.hops.map(\.address) == [IPAddress("2001:db8::1"), IPAddress("192.0.2.30"), nil])
        #expect(trace.hops.map(\.protocolName) == ["ESMTPS", "ESMTPS", "SMTP"])
        #expect(trace.hops[1].stampedAt == .sample + .seconds(8))
        #expect(
            trace.authentication
                == AuthenticationResults(service: "mx.google.com", spf: .pass, dkim: .pass, dmarc: .pass))
    }

    @Test("a header is read the same however it is split")
    func splits() {
        let octets = Array(Self.google.utf8)
        let whole = HeaderTrace(parsing: octets)
        for place in octets.indices {
            var reader = HeaderTraceReader()
            reader.read(octets[..<place])
            reader.read(octets[place...])
            #expect(reader.trace() == whole, "split at \(place)")
        }
    }

    @Test("lines may end with LF alone")
    func lineFeeds() {
        let octets = Self.google.utf8.filter { $0 != 0x0D }
        #expect(HeaderTrace(parsing: octets).hops == HeaderTrace(parsing: Self.google.utf8).hops)
    }

    /// RFC 8601 section 2.2, and what is near it.
    @Test(
        "Authentication-Results as providers write them",
        arguments: [
            (
                "spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=example.com; dkim=none (message not signed)"
                    + "\r\n header.d=none;dmarc=bestguesspass action=none\r\n header.from=example.com;compauth=pass",
                AuthenticationResults(service: nil, spf: .pass, dkim: AuthenticationResults.Result.none, dmarc: .other)
            ),
            ("mx.example.org 1; none", AuthenticationResults(service: "mx.example.org")),
            (
                "mx.example.org; SPF/1 = SoftFail smtp.mailfrom=a; dmarc=fail(p=none)",
                AuthenticationResults(service: "mx.example.org", spf: .softfail, dmarc: .fail)
            ),
            ("", AuthenticationResults()), (";;;=;a=;=b", AuthenticationResults()),
        ])
    func authentication(body: String, expected: AuthenticationResults) {
        #expect(HeaderTrace(parsing: "Authentication-Results: \(body)\r\n\r\n".utf8).authentication == expected)
    }

    @Test("fields of the topmost service count, those of others do not")
    func services() {
        let header = """
            Authentication-Results: mx.example.net; spf=pass\r
            Authentication-Results: other.example; dkim=fail; dmarc=fail\r
            Authentication-Results: MX.example.net; dkim=pass; spf=fail\r
            \r

            """
        #expect(
            HeaderTrace(parsing: header.utf8).authentication
                == AuthenticationResults(service: "mx.example.net", spf: .pass, dkim: .pass))
    }

    @Test("the token is found in its field, else in the Message-ID")
    func token() throws {
        let key = ProbeKey.sample()
        let text = try #require(ProbeToken.sample().text(key))
        func token(_ header: String) -> ProbeToken? { HeaderTrace(parsing: header.utf8).token(key) }
        #expect(token("x-posthorse-PROBE :  \(text)\r\n\r\n") == .sample())
        #expect(token("Message-ID:\r\n <\(text)@relay.example>\r\n\r\n") == .sample())
        #expect(token("X-Posthorse-Probe: p1.abc\r\nMessage-ID: <\(text)@relay.example>\r\n\r\n") == .sample())
        #expect(token("Subject: \(text)\r\n\r\nX-Posthorse-Probe: \(text)\r\n") == nil)
        #expect(token("X-Posthorse-Probe: p1.abc\r\nMessage-ID: <a@b>\r\n\r\n") == nil)
    }

    @Test(
        "a hostile header keeps little and takes no time",
        arguments: ["(", "a", "\\", ";", " ", "(;", "\r\n ", "[", "="])
    func hostile(part: String) {
        for name in ["Received", "Authentication-Results", "Message-ID", "X-Posthorse-Probe"] {
            var reader = HeaderTraceReader()
            let field = Array("\(name): ".utf8) + Array(repeating: Array(part.utf8), count: 5000).flatMap { $0 }
            var count = 0
            while !reader.isFinished {
                reader.read(field + [0x0D, 0x0A])
                count += 1
            }
            #expect(count <= HeaderTraceReader.limit / 5000 + 1)
            let trace = reader.trace()
            #expect(trace.hops.count <= 64)
            #expect(trace.tokens.allSatisfy { $0.count <= HeaderTraceReader.fieldLimit })
            #expect(trace.hops.allSatisfy { ($0.from ?? "").utf8.count <= 4096 })
        }
    }

    @Test("any octets are a header", arguments: 0..<200 as Range<UInt64>)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let words = [
            "Received:", "\r\n", " ", ";", "(", ")", "from ", "by ", "id ", "Authentication-Results:", "=", "spf",
        ]
        let text = (0..<300).flatMap { _ in
            Bool.random(using: &generator)
                ? Array((words.randomElement(using: &generator) ?? "").utf8)
                : [UInt8.random(in: 0...255, using: &generator)]
        }
        let trace = HeaderTrace(parsing: text)
        #expect(trace.hops.count <= 64, "seed \(seed)")
    }
}
