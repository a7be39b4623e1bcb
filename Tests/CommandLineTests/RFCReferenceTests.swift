import Foundation
import TestKit
import Testing

/// Reads every citation of an RFC in the sources and the tests, and compares docs/rfc-index.md with them.
@Suite("docs/rfc-index.md")
struct RFCReferenceTests {
    private static let begin = "<!-- Generated from the citations in Sources and Tests; do not edit below. -->\n"

    /// Set POSTHORSE_WRITE_REFERENCE=1 to write the page instead of comparing it.
    @Test("The page lists every section that code or tests cite, and where")
    func agrees() throws {
        let file = SourceTree.file("docs/rfc-index.md").path
        let text = try String(contentsOfFile: file, encoding: .utf8)
        let parts = text.components(separatedBy: Self.begin)
        try #require(parts.count == 2)
        let index = try RFCIndex()
        let expected = parts[0] + Self.begin + index.page
        if ProcessInfo.processInfo.environment["POSTHORSE_WRITE_REFERENCE"] == "1" {
            try expected.write(toFile: file, atomically: true, encoding: .utf8)
        } else {
            #expect(text == expected, "run the tests with POSTHORSE_WRITE_REFERENCE=1 to write the page anew")
        }
    }

    @Test("Every RFC that the code cites has a title here, and a test that cites it too")
    func complete() throws {
        let index = try RFCIndex()
        for (number, sections) in index.cited {
            #expect(RFCIndex.titles[number] != nil, "RFC \(number) has no title in RFCIndex")
            let isTested = sections.values.contains { !$0.tests.isEmpty }
            #expect(isTested, "no test cites RFC \(number)")
        }
    }

    @Test(
        "A citation is found across line ends and in lists",
        arguments: [
            ("/// as RFC 5321\n    /// section 4.1.2, says", ["5321 4.1.2"]),
            ("// RFC 5321 sections 2.3.8,\n// 4.1.1.4 and 4.5.2.", ["5321 2.3.8", "5321 4.1.1.4", "5321 4.5.2"]),
            ("(RFC 2034, RFC 3463 section 3.4)", ["2034 ", "3463 3.4"]),
        ])
    func citations(text: String, expected: [String]) {
        #expect(RFCIndex.citations(in: text).map { "\($0.number) \($0.section)" } == expected)
    }
}

/// Which sections of which RFCs are cited where.
struct RFCIndex {
    struct Places {
        var code: Set<String> = []
        var tests: Set<String> = []
    }

    /// By RFC number, then by section; the empty string means no section.
    private(set) var cited: [Int: [String: Places]] = [:]

    init() throws {
        for folder in ["Sources", "Tests"] {
            let start = SourceTree.file(folder)
            let files = FileManager.default.enumerator(atPath: start.path)
            while let path = files?.nextObject() as? String {
                guard path.hasSuffix(".swift"), !path.hasPrefix("Fuzz/Sources/"), !path.contains(".build") else {
                    continue
                }
                guard !path.hasSuffix("RFCReferenceTests.swift") else { continue }
                let text = try String(contentsOf: start.appendingPathComponent(path), encoding: .utf8)
                for citation in Self.citations(in: text) { add(citation, folder: folder, path: path) }
            }
        }
    }

    private mutating func add(_ citation: Citation, folder: String, path: String) {
        var places = cited[citation.number, default: [:]][citation.section, default: Places()]
        if folder == "Sources" { places.code.insert(path) } else { places.tests.insert(path) }
        cited[citation.number, default: [:]][citation.section] = places
    }

    struct Citation {
        let number: Int
        let section: String
    }

    static func citations(in text: String) -> [Citation] {
        let line = text.replacing(#/\n\s*//+\s?/#, with: " ")
        return line.matches(of: #/RFC (\d{3,5})(?:,? sections? (\d[\d.]*(?:(?:, and |, | and )\d[\d.]*)*))?/#).flatMap {
            match -> [Citation] in
            guard let number = Int(match.1) else { return [] }
            let list = match.2.map { $0.matches(of: #/\d[\d.]*/#).map { String($0.0).trimmingSuffix(".") } } ?? [""]
            return list.map { Citation(number: number, section: $0) }
        }
    }

    /// The generated part of the page.
    var page: String {
        cited.keys.sorted().map { number in
            let rows = cited[number, default: [:]].sorted { Self.order($0.key) < Self.order($1.key) }
            let table = rows.map { section, places in
                "| \(section.isEmpty ? "whole" : section) | \(Self.list(places.code)) | \(Self.list(places.tests)) |\n"
            }
            return "\n## RFC \(number): \(Self.titles[number] ?? "?")\n\n| section | code | tests |\n|---|---|---|\n"
                + table.joined()
        }.joined()
    }

    private static func list(_ paths: Set<String>) -> String {
        paths.isEmpty ? "" : paths.sorted().map { "`\($0)`" }.joined(separator: "<br>")
    }

    private static func order(_ section: String) -> String {
        section.split(separator: ".").map { String(repeating: "0", count: max(0, 4 - $0.count)) + $0 }
            .joined(separator: ".")
    }

    static let titles: [Int: String] = [
        1730: "IMAP, as it was", 1939: "POP3", 2177: "IDLE", 2449: "Capabilities of POP3",
        2595: "STARTTLS of IMAP and POP3",
        3206: "AUTH and SYS response codes", 3501: "IMAP, as most servers have it", 4315: "UIDPLUS", 4959: "SASL-IR",
        5034: "AUTH of POP3", 5258: "LIST extensions", 5530: "Response codes of IMAP", 6154: "Special-use folders",
        7162: "CONDSTORE and QRESYNC", 7888: "Non-synchronizing literals", 8457: "The keyword $Important",
        1035: "Domain names", 2554: "AUTH, as it was",
        1047: "Duplicate messages and SMTP", 1123: "Requirements for Internet Hosts", 1870: "SIZE",
        1428: "Transition from just send 8",
        2034: "ENHANCEDSTATUSCODES", 2045: "MIME, part one", 2046: "MIME, part two", 2104: "HMAC",
        2231: "MIME parameters",
        2195: "CRAM-MD5", 2202: "Test cases for HMAC-MD5 and HMAC-SHA-1", 2920: "PIPELINING",
        2047: "Encoded words", 3030: "CHUNKING and BINARYMIME",
        2253: "Distinguished names as text", 3207: "STARTTLS", 3339: "Date and time", 3461: "DSN",
        3464: "Format of DSN", 3834: "Automatic responses",
        3454: "Stringprep", 3463: "Enhanced status codes", 3492: "Punycode",
        3629: "UTF-8", 3848: "Transmission types", 3986: "URI", 4013: "SASLprep", 4231: "Test cases for HMAC-SHA-2",
        4155: "The mbox format", 4180: "CSV", 4291: "IPv6 addresses",
        4422: "SASL", 4616: "PLAIN", 4632: "CIDR", 4648: "Base64", 4865: "Future message release", 4954: "AUTH",
        5056: "Channel bindings", 5801: "GSS-API in SASL", 5077: "TLS session tickets",
        5248: "Registry of status codes", 5280: "Certificates", 5288: "AES-GCM in TLS",
        5321: "SMTP", 5322: "Internet message format", 5705: "TLS exporters", 5802: "SCRAM", 5890: "IDNA definitions",
        5891: "IDNA protocol", 5892: "IDNA code points", 5895: "IDNA mapping",
        5929: "TLS channel bindings", 5952: "IPv6 addresses as text", 6125: "Service identity in certificates",
        6052: "IPv4 addresses within IPv6 addresses", 6890: "Special-purpose addresses",
        6152: "8BITMIME", 6177: "IPv6 addresses of sites",
        6409: "Message submission", 6530: "Internationalized email", 6522: "multipart/report", 6531: "SMTPUTF8",
        6532: "Internationalized headers", 6533: "Internationalized DSN", 6647: "Greylisting", 6710: "MT-PRIORITY",
        6854: "Groups in From",
        7372: "Status codes of email authentication", 7435: "Opportunistic security", 7468: "PEM",
        7504: "521 and 556 replies", 7505: "Null MX", 7628: "SASL for OAuth", 7677: "SCRAM-SHA-256",
        7817: "Server identity for email", 7914: "scrypt",
        8259: "JSON", 8305: "Happy eyeballs", 8314: "Cleartext considered obsolete", 8446: "TLS 1.3",
        8689: "REQUIRETLS", 9051: "IMAP", 9110: "HTTP semantics", 9457: "Problem details",
        6265: "Cookies", 6749: "OAuth 2.0", 6750: "Bearer tokens", 7578: "multipart/form-data", 9266: "tls-exporter",
        9422: "LIMITS",
        9525: "Service identity in TLS", 9636: "TZif, files of time zones",
        5246: "TLS 1.2", 6066: "TLS extensions", 8018: "PBKDF2", 8601: "Authentication-Results",
    ]
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: Character) -> String {
        hasSuffix(String(suffix)) ? String(dropLast()) : self
    }
}
