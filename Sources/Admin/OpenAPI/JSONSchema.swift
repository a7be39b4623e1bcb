/// A schema of JSON (draft 2020-12, as OpenAPI 3.1 has it).
struct JSONSchema: Hashable, Sendable {
    let json: JSONValue

    init(_ json: JSONValue) {
        self.json = json
    }

    // MARK: Values

    static let boolean = JSONSchema(["type": "boolean"])
    static let number = JSONSchema(["type": "number"])
    /// Not negative.
    static let count = JSONSchema(["type": "integer", "minimum": 0])
    static let string = JSONSchema(["type": "string"])
    static let time = JSONSchema(["type": "string", "format": "date-time"])
    /// Anything.
    static let any = JSONSchema([:])
    /// Not empty.
    static let word = JSONSchema(["type": "string", "minLength": 1])
    /// An address that every relay takes; which others it does is in the pages for people.
    static let address = text("^\(plainAddress)$").described("An address.")
    static let addressOrEmpty = text("^(\(plainAddress))?$").described("An address, or nothing.")
    private static let plainAddress = "[a-z0-9]{1,40}@[a-z0-9]{1,40}\\.[a-z]{2,10}"

    static func integer(_ range: ClosedRange<Int>) -> JSONSchema {
        JSONSchema(["type": "integer", "minimum": .number(range.lowerBound), "maximum": .number(range.upperBound)])
    }

    static func text(_ pattern: String) -> JSONSchema {
        JSONSchema(["type": "string", "pattern": .text(pattern)])
    }

    static func oneOf(_ words: [String]) -> JSONSchema {
        JSONSchema(["type": "string", "enum": .list(words.map(JSONValue.text))])
    }

    static func list(_ element: JSONSchema) -> JSONSchema {
        JSONSchema(["type": "array", "items": element.json])
    }

    /// The same, with at least one element.
    var notEmpty: JSONSchema { JSONSchema(json.with(["minItems": 1])) }

    /// The same, or null.
    var orNull: JSONSchema { JSONSchema(["anyOf": [json, ["type": "null"]]]) }

    /// A schema of `components`.
    static func named(_ name: String) -> JSONSchema {
        JSONSchema(["$ref": .text("#/components/schemas/\(name)")])
    }

    // MARK: Objects

    /// An answer: every name is always there.
    static func document(_ properties: [String: JSONSchema]) -> JSONSchema {
        JSONSchema([
            "type": "object", "properties": .object(properties.mapValues(\.json)),
            "required": .list(properties.keys.sorted().map(JSONValue.text)),
        ])
    }

    /// An order: no other name is allowed. What need not be there may be null instead.
    static func order(_ properties: [String: JSONSchema], required: [String] = []) -> JSONSchema {
        let all = properties.map { ($0, (required.contains($0) ? $1 : $1.orNull).json) }
        return JSONSchema([
            "type": "object", "properties": .object(Dictionary(all) { first, _ in first }),
            "required": .list(required.map(JSONValue.text)), "additionalProperties": false,
        ])
    }

    /// Of an order about messages.
    static let attemptWait = JSONSchema([
        "type": "number", "minimum": 0, "maximum": .number(Int(QueueOrderDocument.maxWait.components.seconds)),
        "description": "How long to wait for attempts that run.",
    ])
    /// Or its period alone. Longer windows are taken, too.
    static let quota = text("^([1-9][0-9]{0,8}/)?(d|day|month|h|[1-9][0-9]?h)$")

    /// Words by name, of which none need be there, and none may be null.
    static func words(_ properties: [String: JSONSchema]) -> JSONSchema {
        JSONSchema([
            "type": "object", "properties": .object(properties.mapValues(\.json)), "additionalProperties": false,
        ])
    }

    /// Numbers by name.
    static let counts = JSONSchema(["type": "object", "additionalProperties": count.json])

    func described(_ text: String) -> JSONSchema { JSONSchema(json.with(["description": .text(text)])) }
}
