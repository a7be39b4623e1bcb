/// Copies of some events that follow one another.
package struct EventSlice: Sendable {
    package let numbers: Range<Int>
    private let records: [UInt8]

    init(numbers: Range<Int>, records: [UInt8]) {
        self.numbers = numbers
        self.records = records
    }

    /// Calls `body` with each event and its number, in order.
    package func forEach(_ body: (Int, LogRecord) -> Void) {
        var number = numbers.lowerBound
        records.withUnsafeBytes { octets in
            LogRecord.forEach(in: octets) { record in
                body(number, record)
                number += 1
            }
        }
    }

    /// The same, and with each its line in a format of the log, without its end.
    package func forEachLine(_ format: LogFormat, _ body: (Int, LogRecord, UnsafeRawBufferPointer) -> Void) {
        var lines = LogRenderer(format)
        forEach { number, record in
            lines.append(record)
            lines.buffer.withBytes { body(number, record, UnsafeRawBufferPointer(rebasing: $0.dropLast())) }
            lines.removeAll()
        }
    }
}
