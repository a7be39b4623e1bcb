/// Files of time zones, as the IANA database has them.
package enum ZoneFile {
    /// - Parameters:
    ///   - changes: when offsets begin, in seconds since 1970, and what they are, in seconds east of UTC.
    ///   - first: the offset before them.
    ///   - rule: the last line.
    package static func octets(first: Int32 = 0, _ changes: [(at: Int64, offset: Int32)] = [], rule: String) -> [UInt8]
    {
        let types = [first] + changes.map(\.offset)
        var octets = header(times: 0, types: 1) + number(UInt32(0)) + [0, 0] + Array("UTC\0".utf8)
        octets += header(times: changes.count, types: types.count)
        for change in changes { octets += number(UInt64(bitPattern: change.at)) }
        octets += changes.indices.map { UInt8($0 + 1) }
        for type in types { octets += number(UInt32(bitPattern: type)) + [0, 0] }
        return octets + Array("UTC\0\n\(rule)\n".utf8)
    }

    private static func header(times: Int, types: Int) -> [UInt8] {
        let counts = [0, 0, 0, times, types, 4]
        return Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15) + counts.flatMap { number(UInt32($0)) }
    }

    private static func number(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.bigEndian) { Array($0) }
    }
}
