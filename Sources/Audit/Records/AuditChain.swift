internal import TLS

/// Records, each authenticated together with all before it: HMAC-SHA-256 with the key of the log over the digest of the
/// record before, a space, and the JSON of the record.
///
/// A line of the log is that digest, a space, the JSON, and LF. Whoever has no key can neither change, insert nor remove a
/// record without a digest that does not match; only the end can be cut off, and a digest noted earlier finds that.
package struct AuditChain: Sendable {
    private let key: [UInt8]
    /// The digest of the last record.
    package private(set) var head: AuditHash

    /// - Parameter head: nil before the first record.
    package init(key: [UInt8], head: AuditHash? = nil) {
        self.key = key
        self.head = head ?? .start
    }

    /// The same key behind another record.
    init(_ chain: AuditChain, head: AuditHash) {
        self.init(key: chain.key, head: head)
    }

    /// Adds a record.
    ///
    /// - Returns: its line, with its end.
    /// - Throws: an error of libcrypto, or of the JSON encoder.
    package mutating func append(_ record: AuditRecord) throws -> [UInt8] {
        let json = try record.json()
        head = try digest(of: json[...])
        return Array("\(head) ".utf8) + json + [0x0A]
    }

    /// What comes of a line in its place; the chain goes on behind it in any case, so that what follows is judged by itself.
    ///
    /// - Parameter line: without its end.
    mutating func take(_ line: ArraySlice<UInt8>) -> AuditLine {
        let parts = AuditLine.parts(of: line)
        guard let parts else { return .malformed }
        defer { head = parts.hash }
        guard let own = try? digest(of: parts.json), own == parts.hash else { return .mismatch }
        guard let record = try? AuditRecord(json: parts.json) else { return .malformed }
        return .record(record)
    }

    private func digest(of json: ArraySlice<UInt8>) throws -> AuditHash {
        AuditHash(digest: try HMAC.authenticate(Array("\(head) ".utf8) + json, key: key))
    }
}

/// What a line of the log is, in its place.
enum AuditLine {
    case record(AuditRecord)
    /// Its digest is not that of its text behind the record before it.
    case mismatch
    /// It has not the form of a record.
    case malformed

    /// The digest that a line states, and its JSON; nil if it has not that form.
    static func parts(of line: ArraySlice<UInt8>) -> (hash: AuditHash, json: ArraySlice<UInt8>)? {
        let (text, rest) = (line.prefix(AuditHash.length), line.dropFirst(AuditHash.length))
        guard rest.first == 0x20, let hash = AuditHash(String(decoding: text, as: UTF8.self)) else { return nil }
        return (hash, rest.dropFirst())
    }

    /// The record that a line shows, whether or not its digest is right; it may stand behind zeros, which a cut leaves in a
    /// file that is written on.
    static func recordBehindHole(_ line: ArraySlice<UInt8>) -> AuditRecord? {
        let start = line.lastIndex(of: 0).map { $0 + 1 } ?? line.startIndex
        return parts(of: line[start...]).flatMap { try? AuditRecord(json: $0.json) }
    }
}
