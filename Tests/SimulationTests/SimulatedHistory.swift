import History
import Mail
import Spool

/// What the relay keeps about mail that has left, as the commits write it; it survives the relay.
struct SimulatedHistory {
    private let recorder: HistoryRecorder
    /// One after the other, as on disk.
    private var entries: [UInt8] = []

    init(places: @escaping HistoryRecorder.Places) {
        recorder = HistoryRecorder(places: places)
    }

    mutating func add(_ departure: Departure) {
        recorder.record(departure).encode(into: &entries)
    }

    /// All records, as a search reads them.
    var records: [HistoryRecord] {
        entries.withUnsafeBytes { bytes in
            var (records, sequence) = ([HistoryRecord](), RecordSequence(bytes))
            while let octets = sequence.next() {
                guard let record = RecordView(octets)?.record else { break }
                records.append(record)
            }
            return records
        }
    }
}
