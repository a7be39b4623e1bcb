internal import FoundationEssentials
internal import Upstreams

/// Contents of `quotas.json`: what upstreams with quotas have been given, by name.
///
/// ```
/// {"upstreams":{"ses":{"pool":250,"tallies":[{"entries":[{"number":20818,"used":4711}],"quota":"50000/d","told":0}]}},"version":1}
/// ```
struct QuotaFile: Codable, Equatable {
    static let version = 1

    var version = Self.version
    var upstreams: [String: QuotaRecord]

    init(_ records: [String: QuotaRecord]) {
        upstreams = records
    }

    /// - Throws: the problem with the text.
    init(_ octets: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(octets))
    }

    /// One line, with its end.
    func octets() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// Records that make sense; nil for another version, and for numbers that nobody writes.
    var records: [String: QuotaRecord]? {
        guard version == Self.version else { return nil }
        return upstreams.values.allSatisfy(\.isPossible) ? upstreams : nil
    }
}

extension QuotaRecord {
    /// Far more than anybody sends, and few enough that no sum overflows.
    private static let limit = 1 << 48
    /// More than there are days, or parts of windows, on any clock.
    private static let lastNumber = Int64(1) << 36

    fileprivate var isPossible: Bool {
        (0...Self.limit).contains(pool)
            && tallies.allSatisfy { tally in
                tally.entries.count <= 1000
                    && tally.entries.allSatisfy {
                        (0...Self.limit).contains($0.used)
                            && (-Self.lastNumber...Self.lastNumber).contains($0.number)
                    }
            }
    }
}
