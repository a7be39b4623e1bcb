internal import Mail

/// What happened to a probe, on disk: as much of it as a history counts.
enum TripFactRecord {
    private enum Code {
        static let sent = 0
        static let arrived = 1
        static let missing = 2
        static let failed = 3
        static let unjudged = 4
        static let excused = 5
        static let returned = 6
        static let doubled = 7
    }

    static func put(_ kind: TripFact.Kind, to writer: inout TripRecordWriter) {
        switch kind {
        case .sent: writer.put(Code.sent)
        case .arrived(let arrival):
            writer.put(Code.arrived)
            put(arrival, to: &writer)
        case .missing: writer.put(Code.missing)
        case .failed: writer.put(Code.failed)
        case .unjudged: writer.put(Code.unjudged)
        case .excused: writer.put(Code.excused)
        case .returned: writer.put(Code.returned)
        case .doubled: writer.put(Code.doubled)
        }
    }

    static func kind(_ reader: inout TripRecordReader) throws(TripRecordFault) -> TripFact.Kind {
        switch try reader.count(upTo: Code.doubled) {
        case Code.sent: .sent
        case Code.arrived: .arrived(try arrival(&reader))
        case Code.missing: .missing
        case Code.failed: .failed
        case Code.unjudged: .unjudged
        case Code.excused: .excused
        case Code.returned: .returned
        default: .doubled
        }
    }

    private static func put(_ arrival: TripArrival, to writer: inout TripRecordWriter) {
        writer.put(arrival.folder.rawValue)
        writer.put(arrival.isLate ? 1 : 0)
        writer.put(signed: arrival.times.arrivedAt.milliseconds)
        let stages = TripStage.allCases.enumerated().filter { arrival.times.stages[$0.element] != nil }
        writer.put(stages.reduce(0) { $0 | 1 << $1.offset })
        for (_, stage) in stages { writer.put(Int(arrival.times.stages[stage]?.wholeMilliseconds ?? 0)) }
        writer.put(arrival.authentication == nil ? 0 : 1)
        guard let authentication = arrival.authentication else { return }
        for method in TripMethod.allCases { writer.put(optional: authentication[method]?.rawValue) }
    }

    private static func arrival(_ reader: inout TripRecordReader) throws(TripRecordFault) -> TripArrival {
        guard let folder = TripFolder(rawValue: try reader.text(upTo: 16)) else { throw TripRecordFault() }
        let isLate = try reader.count(upTo: 1) == 1
        let arrivedAt = try reader.moment()
        let set = try reader.count(upTo: 1 << TripStage.allCases.count - 1)
        var stages: [TripStage: Duration] = [:]
        for (place, stage) in TripStage.allCases.enumerated() where set >> place & 1 == 1 {
            stages[stage] = .milliseconds(try reader.count(upTo: 1 << 53))
        }
        let times = TripTimes(arrivedAt: arrivedAt, stages: stages)
        guard try reader.count(upTo: 1) == 1 else { return TripArrival(folder: folder, isLate: isLate, times: times) }
        let (spf, dkim) = (try result(&reader), try result(&reader))
        return TripArrival(
            folder: folder, isLate: isLate, times: times,
            authentication: AuthenticationResults(spf: spf, dkim: dkim, dmarc: try result(&reader)))
    }

    private static func result(
        _ reader: inout TripRecordReader
    ) throws(TripRecordFault) -> AuthenticationResults.Result? {
        guard let word = try reader.optionalText(upTo: 16) else { return nil }
        guard let result = AuthenticationResults.Result(rawValue: word) else { throw TripRecordFault() }
        return result
    }
}
