internal import FoundationEssentials
internal import Mail

/// What outlives the relay of its clocks: the contents of `clock.json`.
///
/// ```
/// {"ages":{"eras":[{"began":1795255200123,"last":0,"lead":0}]},"base":1795251600123,"boot":"0d1c…","lead":0,"version":1}
/// ```
struct ClockRecord: Codable, Equatable {
    static let version = 1

    var version = Self.version
    /// Names the machine's start.
    var boot: String
    /// Milliseconds from the time since that start to the steady clock.
    var base: Int64
    /// By how many milliseconds the system's clock was ahead of the steady one.
    var lead: Int64
    var ages: MessageAges

    init(boot: String, base: Int64, lead: Int64, ages: MessageAges) {
        (self.boot, self.base, self.lead, self.ages) = (boot, base, lead, ages)
    }

    /// Nil for anything that this release has not written.
    init?(_ octets: [UInt8]) {
        guard let record = try? JSONDecoder().decode(Self.self, from: Data(octets)), record.version == Self.version,
            record.ages.isValid
        else { return nil }
        self = record
    }

    /// One line, with its end.
    func octets() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// The same clocks after a start of the relay: the steady one goes on while the machine has run since, and else as if
    /// the system's clock had been right both times. Who is how old is only known in the first case.
    static func resumed(
        _ record: ClockRecord?, boot: String, sinceBoot: Timestamp, wall: Timestamp
    ) -> (base: Int64, ages: MessageAges?) {
        let base = (wall - sinceBoot).wholeMilliseconds
        guard let record else { return (base, nil) }
        if !boot.isEmpty, record.boot == boot { return (record.base, record.ages) }
        return ((wall - .milliseconds(record.lead) - sinceBoot).wholeMilliseconds, nil)
    }

    /// The lead after a start of the relay, which goes on from the record as the steady clock does.
    static func watch(_ record: ClockRecord?, boot: String, wall: Timestamp, steady: Timestamp) -> StepWatch {
        guard let record, !boot.isEmpty, record.boot == boot else { return StepWatch(wall: wall, steady: steady) }
        var watch = StepWatch(lead: .milliseconds(record.lead))
        _ = watch.look(wall: wall, steady: steady)
        return watch
    }
}
