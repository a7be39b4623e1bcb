import Mail
import Notices
import Testing

@Suite("Notices as others read them", .enabled(if: NoticeReader.isAvailable, "python3-flufl.bounce is not installed"))
struct ForeignReaderTests {
    private static func recipient(
        _ address: String, _ action: NoticeRecipient.Action = .failed, _ class: FailureClass? = .other
    ) -> NoticeRecipient {
        NoticeRecipient(
            Address(unchecked: address), action: action, failureClass: `class`, upstream: "ses",
            reply: "550 5.7.1 (refused); \"no\" <see> https://example.net/\u{E4}", lastAttemptAt: Sample.now)
    }

    private func finding(_ sample: Sample) throws -> NoticeReader.Finding? {
        try NoticeReader.read([sample.notice], isStrict: true).first
    }

    @Test("Python's strict policy has nothing to say, and flufl.bounce finds each failed address, for every class")
    func classes() throws {
        let samples = FailureClass.allCases.map { Sample([Self.recipient("bob@example.net", .failed, $0)]) }
        for finding in try NoticeReader.read(samples.map(\.notice), isStrict: true) {
            #expect(finding.defects == 0)
            #expect(
                finding.types == ["multipart/report", "text/plain", "message/delivery-status", "text/rfc822-headers"])
            #expect(finding.failed == ["bob@example.net"])
        }
    }

    @Test("A thousand recipients are all found")
    func many() throws {
        let names = (0..<1_000).map { "user\($0)@example.net" }
        let finding = try #require(try finding(Sample(names.map { Self.recipient($0) })))
        #expect(finding.failed == Set(names))
    }

    // flufl.bounce itself knows no domain literals, and takes `=` for the sign between a parameter and its value.
    @Test(
        "Every form of address is found",
        arguments: [
            "\"a;b\"@example.net", "\"a\\\"b\"@example.net", "o'brien+x@example.net", "a%b!c@example.net",
            "\"a.@b\"@example.net",
        ])
    func addresses(address: String) throws {
        let finding = try #require(try finding(Sample([Self.recipient(address)])))
        #expect(finding.defects == 0)
        #expect(finding.failed.count == 1)
        #expect(finding.failed.first?.hasSuffix("@" + Address(unchecked: address).domain) == true)
    }

    @Test("A delay is not a failure")
    func delay() throws {
        var sample = Sample([Self.recipient("bob@example.net", .delayed)])
        sample.kind = .delay
        let finding = try #require(try finding(sample))
        #expect(finding.failed.isEmpty)
        #expect(finding.delayed == ["bob@example.net"])
    }

    @Test("A notice of success is no failure of anybody")
    func success() throws {
        var sample = Sample([Self.recipient("bob@example.net", .relayed, nil)])
        sample.kind = .success
        let finding = try #require(try finding(sample))
        #expect(finding.failed.isEmpty && finding.delayed.isEmpty)
        #expect(finding.types.contains("message/delivery-status"))
    }

    @Test("The whole message comes back as one")
    func whole() throws {
        var sample = Sample()
        sample.settings.content = .full
        #expect(try finding(sample)?.types.last == "message/rfc822")
    }

    @Test("A notice in UTF-8 has parts in UTF-8 (RFC 6533 section 4)")
    func global() throws {
        var sample = Sample([Self.recipient("bob@example.net"), Self.recipient("\u{FC}@example.net")])
        sample.facts.sender = ReversePath(address: Address(unchecked: "alice@ex\u{E4}mple.org"))
        sample.facts.options.usesUTF8 = true
        sample.original = OriginalMessage(bytes: Array("Subject: \u{E4}\r\n\r\n".utf8), isWhole: true)
        let finding = try #require(try finding(sample))
        #expect(finding.defects == 0)
        #expect(
            finding.types == [
                "multipart/report", "text/plain", "message/global-delivery-status", "message/global-headers",
            ])
        #expect(finding.failed == ["bob@example.net"])
    }

    @Test("Whatever strangers have written, the notice has no defect, and names the one who did not get it")
    func hostile() throws {
        let samples = (1...200).map { HostileSample(seed: UInt64($0), hasCommonAddress: true).sample }
        let findings = try NoticeReader.read(samples.map(\.notice), isStrict: false)
        #expect(findings.count == samples.count)
        for (index, finding) in findings.enumerated() {
            #expect(finding.defects == 0, "seed \(index + 1)")
            #expect(finding.types.first == "multipart/report", "seed \(index + 1)")
            #expect(finding.failed.contains("bob@example.net"), "seed \(index + 1)")
        }
    }
}
