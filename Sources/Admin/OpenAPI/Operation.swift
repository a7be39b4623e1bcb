internal import Access
import HTTPTypes

/// The description of a route.
struct Operation: Sendable {
    struct Parameter: Sendable {
        enum Place: String, Sendable {
            case query, path, header
        }

        let name: String
        let place: Place
        let schema: JSONSchema
        let summary: String
        var isRequired = false
        /// Whether it may occur more than once; the schema is that of one.
        var isRepeatable = false
    }

    struct Body: Sendable {
        let type: String
        let schema: JSONSchema
        var isRequired = false
    }

    /// What succeeds; every failure is a problem.
    struct Answer: Sendable {
        var status = 200
        /// nil for an answer without a body.
        var type: String? = "application/json"
        let schema: JSONSchema
        let summary: String
    }

    let method: HTTPRequest.Method
    let path: String
    /// Unique, for programs that make clients from the description.
    let id: String
    let tag: String
    let summary: String
    var parameters: [Parameter] = []
    var bodies: [Body] = []
    let answers: [Answer]
    /// Statuses of failures, besides those of every route.
    var failures: [Int] = []

    /// The route that serves it, if its path has a variable where this has a word.
    var route: String?

    var key: String { "\(method.rawValue) \(path)" }
    var servedBy: String { route ?? key }
}

extension Operation {
    static func get(
        _ path: String, _ id: String, _ tag: String, _ summary: String, _ parameters: [Parameter] = [],
        _ answers: Answer..., failures: [Int] = []
    ) -> Operation {
        Operation(
            method: .get, path: path, id: id, tag: tag, summary: summary, parameters: parameters, answers: answers,
            failures: failures)
    }

    static func post(
        _ path: String, _ id: String, _ tag: String, _ summary: String, _ parameters: [Parameter] = [], _ body: Body,
        _ answers: Answer..., failures: [Int] = []
    ) -> Operation {
        Operation(
            method: .post, path: path, id: id, tag: tag, summary: summary, parameters: parameters, bodies: [body],
            answers: answers, failures: failures)
    }
}

extension Operation.Parameter {
    static func query(_ name: String, _ schema: JSONSchema, _ summary: String) -> Self {
        Self(name: name, place: .query, schema: schema, summary: summary)
    }

    static func path(_ name: String, _ schema: JSONSchema, _ summary: String) -> Self {
        Self(name: name, place: .path, schema: schema, summary: summary, isRequired: true)
    }

    /// A queue ID in the path.
    static let id = path("id", .queueID, "Queue ID of the message.")
}

extension Operation.Body {
    static func json(_ schema: JSONSchema, isRequired: Bool = false) -> Self {
        Self(type: "application/json", schema: schema, isRequired: isRequired)
    }
}

extension Operation.Answer {
    static func json(_ schema: JSONSchema, _ summary: String, status: Int = 200) -> Self {
        Self(status: status, schema: schema, summary: summary)
    }

    /// A line of JSON for each.
    static func lines(_ schema: JSONSchema, _ summary: String) -> Self {
        Self(type: "application/x-ndjson", schema: schema, summary: summary + "; one object a line")
    }

    static func none(_ status: Int, _ summary: String) -> Self {
        Self(status: status, type: nil, schema: .string, summary: summary)
    }

    static func text(_ type: String, _ summary: String, status: Int = 200) -> Self {
        Self(status: status, type: type, schema: .string, summary: summary)
    }
}
