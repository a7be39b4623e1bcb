internal import FoundationEssentials
internal import Mail

/// Contents of `streams.json`: what is known of streams, by name, and the upstreams that are not new.
///
/// ```
/// {"others":{"delivered":0,"failed":0,"hard":0},"streams":{"spring":{"counts":{"delivered":90,"failed":10,"hard":9},
/// "last_at":"2026-11-21T10:09:00.000Z","pause":{"by":"relay","reason":"…","since":"2026-11-21T10:09:00.000Z"},
/// "since":"2026-11-21T10:00:00.000Z"}},"upstreams":["ses"],"version":1}
/// ```
struct StreamFile: Codable, Equatable {
    struct Counts: Codable, Equatable {
        var delivered: Int
        var failed: Int
        var hard: Int
    }

    /// Outcomes of the last hour.
    struct Hour: Codable, Equatable {
        /// When the latest part began.
        var beganAt: String
        /// The latest part first; delivered, failed and hard of each.
        var parts: [[Int]]

        enum CodingKeys: String, CodingKey {
            case beganAt = "began_at"
            case parts
        }
    }

    struct Pause: Codable, Equatable {
        var by: StreamPause.Author
        var reason: String?
        /// RFC 3339, as all times here.
        var since: String
    }

    struct Canary: Codable, Equatable {
        var step: Int
        var admitted: Int
        var returned: Int
        var counts: Counts
    }

    struct Entry: Codable, Equatable {
        var counts: Counts
        var since: String
        var lastAt: String
        /// The user whose mail has named it, empty for mail without a login; nil for one that relay.conf names.
        var namedBy: String?
        var hour: Hour?
        var pause: Pause?
        var canary: Canary?

        enum CodingKeys: String, CodingKey {
            case counts, since, hour, pause, canary
            case lastAt = "last_at"
            case namedBy = "named_by"
        }
    }

    static let version = 1

    var version = Self.version
    var streams: [String: Entry]
    var others: Counts
    var upstreams: [String]

    init(_ memory: StreamMemory) {
        streams = memory.streams.mapValues(Entry.init)
        others = Counts(memory.others)
        upstreams = memory.upstreams.sorted()
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

    /// - Throws: ``AdminOverrideError`` for another version and for invalid times.
    func memory() throws(AdminOverrideError) -> StreamMemory {
        guard version == Self.version else {
            throw AdminOverrideError(.content, "it has version \(version), not \(Self.version)")
        }
        var memory = StreamMemory(others: others.value, upstreams: Set(upstreams))
        for (name, entry) in streams { memory.streams[name] = try entry.value(of: name) }
        return memory
    }
}

extension StreamFile.Counts {
    init(_ counts: StreamCounts) {
        self.init(delivered: counts.delivered, failed: counts.failed, hard: counts.hard)
    }

    var value: StreamCounts { StreamCounts(delivered: max(0, delivered), failed: max(0, failed), hard: max(0, hard)) }
}

extension StreamFile.Entry {
    init(_ entry: StreamMemory.Entry) {
        self.init(
            counts: StreamFile.Counts(entry.counts), since: entry.since.rfc3339, lastAt: entry.lastAt.rfc3339,
            namedBy: entry.namer.text,
            hour: entry.hour.map { StreamFile.Hour($0) },
            pause: entry.pause.map { StreamFile.Pause(by: $0.author, reason: $0.reason, since: $0.since.rfc3339) },
            canary: entry.canary.map { canary in
                StreamFile.Canary(
                    step: canary.step, admitted: canary.admitted, returned: canary.returned,
                    counts: StreamFile.Counts(canary.counts))
            })
    }

    fileprivate func value(of name: String) throws(AdminOverrideError) -> StreamMemory.Entry {
        var entry = StreamMemory.Entry(since: try Self.time(since, of: name))
        entry.counts = counts.value
        entry.lastAt = try Self.time(lastAt, of: name)
        entry.namer = StreamNamer(text: namedBy)
        entry.hour = hour?.value
        if let pause {
            entry.pause = StreamPause(
                by: pause.by, reason: pause.reason, since: try Self.time(pause.since, of: name))
        }
        entry.canary = canary.map {
            StreamCanary(
                step: max(0, $0.step), admitted: max(0, $0.admitted), returned: max(0, $0.returned),
                counts: $0.counts.value)
        }
        return entry
    }

    private static func time(_ text: String, of name: String) throws(AdminOverrideError) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw AdminOverrideError(.content, "\(name) has an invalid time: \(text)")
        }
        return time
    }
}

extension StreamNamer {
    /// ``StreamFile/Entry/namedBy``.
    fileprivate var text: String? {
        switch self {
        case .configuration: nil
        case .anybody: ""
        case .user(let name): name
        }
    }

    fileprivate init(text: String?) {
        switch text {
        case nil: self = .configuration
        case ""?: self = .anybody
        case let name?: self = .user(name)
        }
    }
}

extension StreamFile.Hour {
    init(_ history: OutcomeHistory) {
        self.init(
            beganAt: history.beganAt.rfc3339, parts: history.parts.map { [$0.delivered, $0.failed, $0.hard] })
    }

    /// nil for one that cannot have been written here: an hour's counts are no reason to lose a pause.
    var value: OutcomeHistory? {
        guard let beganAt = Timestamp(rfc3339: beganAt), !parts.isEmpty else { return nil }
        guard parts.allSatisfy({ $0.count == 3 && $0.allSatisfy { (0...Self.most).contains($0) } }) else { return nil }
        let counts = parts.map { StreamCounts(delivered: $0[0], failed: $0[1], hard: $0[2]) }
        return OutcomeHistory(beganAt: beganAt, parts: counts)
    }

    /// So that sums do not overflow.
    private static let most = 1 << 40
}
