internal import FoundationEssentials
internal import Mail

/// The JSON of a record: names in alphabetical order, every name present, unknown values null.
extension AuditRecord: Codable {
    private enum CodingKeys: String, CodingKey {
        case at, who, what, subject, reason, before, after
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        let text = try values.decode(String.self, forKey: .at)
        guard let at = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(forKey: .at, in: values, debugDescription: "no time: \(text)")
        }
        self.at = at
        who = try values.decode(String.self, forKey: .who)
        what = try values.decode(String.self, forKey: .what)
        subject = try values.decode(String.self, forKey: .subject)
        reason = try values.decode(String?.self, forKey: .reason)
        before = try values.decode(String?.self, forKey: .before)
        after = try values.decode(String?.self, forKey: .after)
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(at.rfc3339, forKey: .at)
        try values.encode(who, forKey: .who)
        try values.encode(what, forKey: .what)
        try values.encode(subject, forKey: .subject)
        try values.encode(reason, forKey: .reason)
        try values.encode(before, forKey: .before)
        try values.encode(after, forKey: .after)
    }

    /// On one line, without its end.
    package func json() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self))
    }

    /// - Throws: if it is not the JSON of a record.
    package init(json: some Sequence<UInt8>) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(json))
    }
}
