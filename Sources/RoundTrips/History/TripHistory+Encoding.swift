internal import Mail

/// A history on disk: the paths with their roll-ups, and the incidents. Numbers have seven bits an octet, texts stand
/// behind their length.
extension TripHistory {
    private static let file = TripFile(letters: "PHRT", version: 2, name: "the history of round trips")
    /// Octets of a roll-up, with room.
    private static let rollupLimit = 16 << 10
    private static let textLimit = 4096

    package func encoded() -> [UInt8] {
        Self.file.encode { writer in
            writer.put(series.count)
            for path in paths {
                writer.put(path)
                for level in TripLevel.allCases { put(series[path]?[level] ?? Series(), to: &writer) }
            }
            writer.put(incidents.count)
            for incident in incidents { put(incident, to: &writer) }
        }
    }

    private func put(_ series: Series, to writer: inout TripRecordWriter) {
        writer.put(series.numbers.count)
        var before: Int64 = 0
        for (number, rollup) in zip(series.numbers, series.rollups) {
            writer.put(signed: number - before)
            writer.put(block: rollup)
            before = number
        }
    }

    private func put(_ incident: TripIncident, to writer: inout TripRecordWriter) {
        writer.put(incident.path)
        writer.put(incident.verdict.rawValue)
        writer.put(incident.cause)
        writer.put(signed: incident.began.milliseconds)
        writer.put(optional: incident.ended)
    }

    /// Reads what ``encoded()`` has written.
    package init(encoded octets: [UInt8]) throws(TripFileError) {
        self = try Self.file.decode(octets) { (reader: inout TripRecordReader) throws(TripRecordFault) in
            var history = TripHistory()
            try history.read(&reader)
            return history
        }
    }

    private mutating func read(_ reader: inout TripRecordReader) throws(TripRecordFault) {
        for _ in 0..<(try reader.count(upTo: Self.pathLimit)) {
            let path = try reader.path()
            guard series[path] == nil else { throw TripRecordFault() }
            var levels: [TripLevel: Series] = [:]
            for level in TripLevel.allCases {
                let series = try Self.series(&reader)
                if !series.numbers.isEmpty { levels[level] = series }
            }
            series[path] = levels
        }
        for _ in 0..<(try reader.count(upTo: Self.incidentLimit)) { incidents.append(try Self.incident(&reader)) }
    }

    private static func series(_ reader: inout TripRecordReader) throws(TripRecordFault) -> Series {
        var series = Series()
        var number: Int64 = 0
        for place in 0..<(try reader.count(upTo: Int(UInt32.max))) {
            let (sum, isTooMuch) = number.addingReportingOverflow(try reader.signed())
            guard !isTooMuch, place == 0 || sum > number else { throw TripRecordFault() }
            number = sum
            let octets = try reader.block(upTo: rollupLimit)
            _ = try TripRollup(octets)
            series.numbers.append(number)
            series.rollups.append(Array(octets))
        }
        return series
    }

    private static func incident(_ reader: inout TripRecordReader) throws(TripRecordFault) -> TripIncident {
        let path = try reader.path()
        guard let verdict = TripVerdict(rawValue: try reader.text(upTo: 64)) else { throw TripRecordFault() }
        let cause = try reader.text(upTo: textLimit)
        let began = try reader.moment()
        let ended = try reader.optionalMoment()
        return TripIncident(path: path, verdict: verdict, cause: cause, began: began, ended: ended)
    }
}
