internal import Access
import HTTPTypes

/// `/v1/openapi.json`: what the routes that are served take and answer.
struct OpenAPIDocument: Sendable {
    /// Of the description. A member that is added raises the second number; nothing is renamed or removed within `/v1`.
    static let version = "1.0.0"

    private let routes: [RouteList.Route]

    init(_ routes: [RouteList.Route]) {
        self.routes = routes
    }

    var json: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Posthorse", "version": .text(Self.version),
                "license": ["name": "Apache 2.0", "identifier": "Apache-2.0"],
                "description":
                    "The API of a relay, at its admin socket and over TCP. Roles of tokens: read, send, operate.",
            ],
            "servers": [["url": "/"]],
            "paths": .object(paths),
            "components": [
                "schemas": .object(JSONSchema.components.mapValues(\.json)),
                "securitySchemes": ["token": ["type": "http", "scheme": "bearer"]],
            ],
        ]
    }

    private var paths: [String: JSONValue] {
        let served = Dictionary(routes.map { ($0.key, $0.access) }) { first, _ in first }
        var paths: [String: JSONValue] = [:]
        for operation in Operation.all {
            guard let access = served[operation.servedBy] else { continue }
            let method = operation.method.rawValue.lowercased()
            paths[operation.path] = (paths[operation.path] ?? [:]).with([method: operation.json(for: access)])
        }
        return paths
    }
}

extension Operation {
    fileprivate func json(for access: RouteAccess) -> JSONValue {
        var members: [String: JSONValue] = [
            "operationId": .text(id), "summary": .text(summary), "tags": [.text(tag)],
            "responses": .object(responses(for: access)), "security": Self.security(access),
        ]
        if !parameters.isEmpty { members["parameters"] = .list(parameters.map(\.json)) }
        if let first = bodies.first {
            let types = bodies.map { ($0.type, JSONValue.object(["schema": $0.schema.json])) }
            members["requestBody"] = [
                "required": .bool(first.isRequired), "content": .object(Dictionary(types) { first, _ in first }),
            ]
        }
        return .object(members)
    }

    private static func security(_ access: RouteAccess) -> JSONValue {
        switch access {
        case .anyone: []
        case .anyToken: [["token": []]]
        // Scopes may be given for any scheme since OpenAPI 3.1: they are roles.
        case .role(let role): [["token": [.text(role.rawValue)]]]
        }
    }

    private func responses(for access: RouteAccess) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for answer in answers {
            guard let type = answer.type else {
                responses["\(answer.status)"] = ["description": .text(answer.summary)]
                continue
            }
            let before = responses["\(answer.status)"]?["content"] ?? [:]
            let content = before.with([type: ["schema": answer.schema.json]])
            responses["\(answer.status)"] = ["description": .text(answer.summary), "content": content]
        }
        let own = parameters.isEmpty && bodies.isEmpty ? [] : [400]
        let ofBodies = bodies.isEmpty ? [] : [413]
        let common = access == .anyone ? [400, 401, 403, 421, 429] : [400, 401, 403, 405, 421, 429]
        for status in Set(failures + own + ofBodies + common) where responses["\(status)"] == nil {
            responses["\(status)"] = Self.problem(status)
        }
        return responses
    }

    private static func problem(_ status: Int) -> JSONValue {
        let words = HTTPResponse.Status(code: status).reasonPhrase
        let content: JSONValue = ["application/problem+json": ["schema": JSONSchema.named("Problem").json]]
        var response: JSONValue = ["description": .text(words.isEmpty ? "Problem" : words), "content": content]
        if status == 405 { response = response.with(["headers": ["Allow": ["schema": JSONSchema.string.json]]]) }
        return response
    }
}

extension Operation.Parameter {
    fileprivate var json: JSONValue {
        [
            "name": .text(name), "in": .text(place.rawValue), "required": .bool(isRequired),
            "description": .text(summary),
            "schema": isRepeatable ? JSONSchema.list(schema).json : schema.json,
        ]
    }
}
