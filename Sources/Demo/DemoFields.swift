import FoundationEssentials

/// The fields of a log line.
struct DemoFields: Decodable {
    let time: String
    let level: String
    let event: String
    /// All others, as text.
    private let others: [String: String]

    subscript(_ name: String) -> String? { others[name] }

    /// `name=value`, by name.
    var list: String {
        others.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }

    init(from decoder: any Decoder) throws {
        var fields = try [String: Value](from: decoder).mapValues(\.text)
        func take(_ name: String) throws -> String {
            guard let value = fields.removeValue(forKey: name) else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "no \(name)"))
            }
            return value
        }
        time = try take("time")
        level = try take("level")
        event = try take("event")
        others = fields
    }

    private struct Value: Decodable {
        let text: String

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let list = try? container.decode([String].self) {
                text = list.map { "<\($0)>" }.joined(separator: ", ")
            } else if let number = try? container.decode(Int.self) {
                text = "\(number)"
            } else if let number = try? container.decode(Double.self) {
                text = "\(number)"
            } else {
                text = try container.decode(String.self)
            }
        }
    }
}
