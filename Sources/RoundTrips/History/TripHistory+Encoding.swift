package import Mail

/// Codes of ``TripHistoryError``.
package enum TripHistoryDomain {}

/// Why a history cannot be read.
package typealias TripHistoryError = CodedError<TripHistoryDomain>

extension TripHistoryError.Code {
    /// It is not as it was written.
    package static let damaged = Self(rawValue: "damaged")
    /// A later version of the relay has written it.
    package static let unknownVersion = Self(rawValue: "unknown_version")
}

/// A history on disk: `PHRT`, the version, the paths with their roll-ups, the incidents, and an FNV-1a of 64 bits of all
/// that. Numbers have seven bits an octet, texts stand behind their length.
extension TripHistory {
    private static let magic = Array("PHRT".utf8)
    private static let version = 1
    /// Octets of a roll-up, with room.
    private static let rollupLimit = 16 << 10
    private static let textLimit = 4096

    package func encoded() -> [UInt8] {
        var writer = TripRecordWriter()
        writer.put(raw: Self.magic)
        writer.put(Self.version)
        writer.put(series.count)
        for path in paths {
            writer.put(path)
            for level in TripLevel.allCases { put(series[path]?[level] ?? Series(), to: &writer) }
        }
        writer.put(incidents.count)
        for incident in incidents { put(incident, to: &writer) }
        return writer.octets + Self.checksum(writer.octets[...])
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
        writer.put(incident.ended == nil ? 0 : 1)
        if let ended = incident.ended { writer.put(signed: ended.milliseconds) }
    }

    /// Reads what ``encoded()`` has written.
    package init(encoded octets: [UInt8]) throws(TripHistoryError) {
        guard octets.count > Self.magic.count + 8, octets.starts(with: Self.magic),
            Self.checksum(octets.dropLast(8)) == Array(octets.suffix(8))
        else { throw TripHistoryError(.damaged, "the history of round trips is damaged") }
        var reader = TripRecordReader(octets.dropFirst(Self.magic.count).dropLast(8))
        do {
            let version = try reader.count()
            guard version == Self.version else {
                throw TripHistoryError(
                    .unknownVersion,
                    "the history of round trips has version \(version), this relay knows \(Self.version)")
            }
            try read(&reader)
        } catch let error as TripHistoryError {
            throw error
        } catch {
            throw TripHistoryError(.damaged, "the history of round trips is damaged")
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
        guard reader.isAtEnd else { throw TripRecordFault() }
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
        let began = Timestamp(milliseconds: try reader.signed())
        let hasEnded = try reader.count(upTo: 1) == 1
        let ended = hasEnded ? Timestamp(milliseconds: try reader.signed()) : nil
        return TripIncident(path: path, verdict: verdict, cause: cause, began: began, ended: ended)
    }

    private static func checksum(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        let sum = octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
    }
}

extension TripRecordWriter {
    fileprivate mutating func put(_ path: TripPath) {
        put(path.trip)
        put(optional: path.upstream)
        put(path.mailbox)
    }
}

extension TripRecordReader {
    fileprivate mutating func path() throws(TripRecordFault) -> TripPath {
        let trip = try text(upTo: 1024)
        let upstream = try optionalText(upTo: 1024)
        return TripPath(trip: trip, upstream: upstream, mailbox: try text(upTo: 1024))
    }
}
