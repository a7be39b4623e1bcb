package import Mail

/// Codes of ``TripFileError``.
package enum TripFileDomain {}

/// Why a file of round trips cannot be read.
package typealias TripFileError = CodedError<TripFileDomain>

extension TripFileError.Code {
    /// It is not as it was written.
    package static let damaged = Self(rawValue: "damaged")
    /// A later version of the relay has written it.
    package static let unknownVersion = Self(rawValue: "unknown_version")
}

/// What is around the content of a file: four letters, the version, and behind the content an FNV-1a of 64 bits of all
/// before it.
struct TripFile {
    let letters: StaticString
    let version: Int
    /// For errors.
    let name: String

    func encode(_ write: (inout TripRecordWriter) -> Void) -> [UInt8] {
        var writer = TripRecordWriter()
        writer.put(raw: Array("\(letters)".utf8))
        writer.put(version)
        write(&writer)
        return writer.octets + Self.checksum(writer.octets[...])
    }

    /// - Parameter read: reads the content to its end.
    func decode<Content>(
        _ octets: [UInt8], _ read: (inout TripRecordReader) throws(TripRecordFault) -> Content
    ) throws(TripFileError) -> Content {
        let letters = Array("\(letters)".utf8)
        guard octets.count > letters.count + 8, octets.starts(with: letters),
            Self.checksum(octets.dropLast(8)) == Array(octets.suffix(8))
        else { throw damage }
        var reader = TripRecordReader(octets.dropFirst(letters.count).dropLast(8))
        guard let found = try? reader.count() else { throw damage }
        guard found == version else {
            throw TripFileError(.unknownVersion, "\(name) has version \(found), this relay knows \(version)")
        }
        guard let content = try? read(&reader), reader.isAtEnd else { throw damage }
        return content
    }

    private var damage: TripFileError { TripFileError(.damaged, "\(name) is damaged") }

    /// FNV-1a, 8 octets.
    static func checksum(_ octets: ArraySlice<UInt8>) -> [UInt8] {
        let sum = octets.reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
    }
}
