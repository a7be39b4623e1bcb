import Mail
import Notices
import TestKit

/// A message, replies and options as an enemy would write them, from a seed.
struct HostileSample {
    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "Z", "0", " ", " ", ".", "-", "-", "=", "_", "\"", "\\", "<", ">", "(", ")", ";", ":", ",", "+", "{",
        "}",
        "?", "\r", "\n", "\t", "\0", "\u{1B}", "\u{7F}", "\u{85}", "\u{2028}", "\u{202E}", "\u{FEFF}", "\u{E4}",
        "\u{4F60}",
        "\u{1F600}", "\u{301}", "\u{10FFFF}",
    ]
    private static let pieces = [
        "\r\n", "\r\n", "\n", "\r", "\r\n.\r\n", "\r\n.", "\r\n--=_posthorse_0ABCDEFGHJKMP_1=\r\n", "Subject: x",
        "Content-Type: multipart/mixed; boundary=x", " folded", ": ", "\0", "\u{E4}", "text", "From ",
        "=?utf-8?q?=FF?=",
        "Final-Recipient: rfc822; x@example", String(repeating: "long", count: 300),
    ]

    private var random: SeededGenerator
    private(set) var sample: Sample

    /// - Parameter hasCommonAddress: whether one recipient has an ordinary address.
    init(seed: UInt64, hasCommonAddress: Bool) {
        random = SeededGenerator(seed: seed)
        sample = Sample([])
        for _ in 0..<Int.random(in: 0...4, using: &random) { sample.facts.recipients.append(recipient()) }
        if hasCommonAddress {
            var common = recipient()
            common.address = Address(unchecked: "bob@example.net")
            common.options.originalRecipient = nil
            common.action = .failed
            sample.facts.recipients.append(common)
        }
        sample.facts.messageID = Bool.random(using: &random) ? text() : "<\(text())>"
        sample.facts.queueID = text()
        sample.facts.receivedAt = moment()
        sample.facts.options.envelopeID = maybe { $0.text() }
        sample.facts.options.usesUTF8 = Bool.random(using: &random)
        sample.facts.options.returnContent = maybe { _ in .full }
        sample.settings.maxContent = [0, 10, 200, 5_000, 50_000].randomElement(using: &random) ?? 0
        sample.original = maybe { $0.original() }
    }

    private mutating func maybe<Value>(_ value: (inout Self) -> Value) -> Value? {
        Bool.random(using: &random) ? value(&self) : nil
    }

    private mutating func text() -> String {
        let length = Int.random(in: 0...(Int.random(in: 0...9, using: &random) == 0 ? 1_500 : 30), using: &random)
        var scalars = String.UnicodeScalarView()
        for _ in 0..<length { scalars.append(Self.scalars.randomElement(using: &random) ?? "a") }
        return String(scalars)
    }

    private mutating func moment() -> Timestamp {
        Timestamp(milliseconds: [.min, -1, 0, 1_795_946_400_000, .max].randomElement(using: &random) ?? 0)
    }

    private mutating func recipient() -> NoticeRecipient {
        NoticeRecipient(
            Address(unchecked: "\(text())@\(text())"),
            options: RecipientOptions(originalRecipient: maybe { "\($0.text());\($0.text())" }),
            action: NoticeRecipient.Action.allCases.randomElement(using: &random) ?? .failed,
            failureClass: FailureClass.allCases.randomElement(using: &random), upstream: maybe { $0.text() },
            host: maybe { $0.text() }, reply: maybe { "550 \($0.text())" }, lastAttemptAt: maybe { $0.moment() },
            retryUntil: maybe { $0.moment() }, attempts: Int.random(in: -1...2, using: &random))
    }

    private mutating func original() -> OriginalMessage {
        var octets = Array("X-Posthorse-ID: 0ABCDEFGHJKMN\r\n".utf8)
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            octets += Array((Self.pieces.randomElement(using: &random) ?? "").utf8)
            if Int.random(in: 0...9, using: &random) == 0 {
                octets.append(UInt8.random(in: .min ... .max, using: &random))
            }
        }
        return OriginalMessage(bytes: octets, isWhole: Bool.random(using: &random))
    }
}
