internal import Mail

/// A time by the steady clock in a file, as text of RFC 3339.
struct StoredMoment: Codable {
    let moment: Timestamp

    init(_ moment: Timestamp) {
        self.moment = moment
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let moment = Timestamp(rfc3339: text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(text.prefix(40)) is no time")
        }
        self.moment = moment
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(moment.rfc3339)
    }
}
