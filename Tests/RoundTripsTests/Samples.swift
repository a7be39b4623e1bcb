import Mail
import RoundTrips
import TestKit

extension ProbeKey {
    /// Stands for HMAC-SHA-256: as long, and as dependent on every octet, but no secret.
    static func sample(_ seed: UInt64 = 1) -> ProbeKey {
        ProbeKey { octets in
            let sum = octets.reduce(seed &* 0x9E37_79B9_7F4A_7C15) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
            var generator = SplitMix64(seed: sum)
            return (0..<4).flatMap { _ in
                let word = generator.next()
                return (0..<8).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) }
            }
        }
    }
}

extension TripPath {
    static func sample(_ upstream: String? = "ses", at mailbox: String = "probe@example.net") -> TripPath {
        TripPath(trip: "gmail", upstream: upstream, mailbox: mailbox)
    }
}

extension ProbeToken {
    static func sample(_ path: TripPath = .sample(), number: UInt64 = 17) -> ProbeToken {
        ProbeToken(path, sentAt: .sample, number: number)!
    }
}

extension Timestamp {
    /// 2026-11-21T10:00:00Z.
    static let sample = Timestamp(rfc3339: "2026-11-21T10:00:00.000Z")!
}

extension TripChange {
    static func sample(_ verdict: TripVerdict, at moment: Timestamp, _ path: TripPath = .sample()) -> TripChange {
        TripChange(path: path, from: nil, to: verdict, cause: "2 probes in a row are lost", at: moment)
    }
}

/// A text of any letters, of 1 to `limit` octets.
func someText(upTo limit: Int, _ generator: inout SeededGenerator) -> String {
    var text = ""
    for _ in 0..<Int.random(in: 1...limit, using: &generator) {
        let scalar = Unicode.Scalar(UInt32.random(in: 1..<0x2000, using: &generator))!
        guard text.utf8.count + UTF8.width(scalar) <= limit else { break }
        text.unicodeScalars.append(scalar)
    }
    return text.isEmpty ? "a" : text
}
