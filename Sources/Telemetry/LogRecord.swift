package import Mail

/// A record that a ``LogLine`` has made, as it is in memory: valid only where it is passed to a closure.
package struct LogRecord {
    let octets: UnsafeRawBufferPointer

    /// - Parameter octets: whole records, of which this is the first.
    init(_ octets: UnsafeRawBufferPointer) {
        self.octets = UnsafeRawBufferPointer(rebasing: octets[..<Self.size(octets)])
    }

    /// The length of the first of some records.
    private static func size(_ octets: UnsafeRawBufferPointer) -> Int {
        Int(octets.loadUnaligned(as: UInt32.self))
    }

    var size: Int { octets.count }

    package var level: LogLevel {
        LogLevel(rawValue: UInt8(truncatingIfNeeded: octets.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
            ?? .error
    }

    package var time: Timestamp {
        Timestamp(milliseconds: octets.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    }

    /// The event's name.
    package var event: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: UnsafeRawPointer(bitPattern: octets.loadUnaligned(fromByteOffset: 16, as: UInt.self)),
            count: Int(octets.loadUnaligned(fromByteOffset: 24, as: UInt16.self)))
    }

    package var fields: Fields { Fields(octets) }

    /// Calls `body` with each of some records.
    static func forEach(in octets: UnsafeRawBufferPointer, _ body: (LogRecord) -> Void) {
        var rest = octets
        while !rest.isEmpty {
            let record = LogRecord(rest)
            body(record)
            rest = UnsafeRawBufferPointer(rebasing: rest[record.size...])
        }
    }
}

extension LogRecord {
    package struct Text {
        package let octets: UnsafeRawBufferPointer
        /// Whether the rest of it was left out.
        let isCut: Bool
    }

    package enum Value {
        case text(Text)
        case sender(Text)
        case number(Int64)
        case id(QueueID)
        case time(Timestamp)
        case duration(Duration)
        case addresses(Addresses)
    }

    package struct Field {
        package let name: UnsafeRawBufferPointer
        /// Whether the name comes from outside, and may have any octets.
        package let isForeign: Bool
        package let value: Value
    }

    /// The fields, in order.
    package struct Fields: IteratorProtocol, Sequence {
        private var reader: Reader

        init(_ octets: UnsafeRawBufferPointer) {
            reader = Reader(octets: octets, place: LogLine.head)
        }

        package mutating func next() -> Field? {
            guard reader.place < reader.octets.count, let tag = LogLine.Tag(rawValue: reader.next(UInt8.self)) else {
                return nil
            }
            guard tag != .named else {
                let name = reader.octets(Int(reader.next(UInt8.self)))
                return Field(name: name, isForeign: true, value: .text(reader.text()))
            }
            let place = UnsafeRawPointer(bitPattern: reader.next(UInt.self))
            let name = UnsafeRawBufferPointer(start: place, count: Int(reader.next(UInt8.self)))
            return Field(name: name, isForeign: false, value: value(tag))
        }

        private mutating func value(_ tag: LogLine.Tag) -> Value {
            switch tag {
            case .text, .named: .text(reader.text())
            case .sender: .sender(reader.text())
            case .number: .number(reader.next(Int64.self))
            case .id: .id(QueueID(rawValue: reader.next(Int64.self)))
            case .time: .time(Timestamp(milliseconds: reader.next(Int64.self)))
            case .duration: .duration(Duration(attoseconds: reader.next(Int128.self)))
            case .addresses: .addresses(reader.addresses())
            }
        }
    }

    /// Addresses, in order.
    package struct Addresses: IteratorProtocol, Sequence {
        package let count: Int
        fileprivate var reader: Reader
        private var left: Int

        fileprivate init(_ count: Int, _ reader: Reader) {
            (self.count, self.reader, left) = (count, reader, count)
        }

        package mutating func next() -> Text? {
            guard left > 0 else { return nil }
            left -= 1
            return reader.text()
        }
    }

    fileprivate struct Reader {
        let octets: UnsafeRawBufferPointer
        var place: Int

        mutating func next<T: BitwiseCopyable>(_ type: T.Type) -> T {
            defer { place += MemoryLayout<T>.size }
            return octets.loadUnaligned(fromByteOffset: place, as: type)
        }

        mutating func octets(_ count: Int) -> UnsafeRawBufferPointer {
            defer { place += count }
            return UnsafeRawBufferPointer(rebasing: octets[place..<place + count])
        }

        mutating func text() -> Text {
            let length = next(UInt16.self)
            return Text(octets: octets(Int(length & ~LogLine.cut)), isCut: length & LogLine.cut != 0)
        }

        mutating func addresses() -> Addresses {
            let count = Int(next(UInt16.self))
            let addresses = Addresses(count, self)
            for _ in 0..<count { _ = text() }
            return addresses
        }
    }
}
