internal import Mail
internal import NIOCore

/// An order to read relay.conf again.
package struct ReloadOrder: Hashable, Sendable {
    /// Who gave it; nil where the system does not know.
    package var who: String?
    package var reason: String?
    /// Whether to change nothing.
    package var isRehearsal: Bool

    package init(who: String?, reason: String? = nil, isRehearsal: Bool = false) {
        (self.who, self.reason, self.isRehearsal) = (who, reason, isRehearsal)
    }
}

/// The body of `POST /v1/reload`, which may be empty; property names match the JSON.
package struct ReloadOrderDocument: Hashable, Sendable, Codable {
    package var reason: String?
    /// Whether to change nothing.
    package var dryRun: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case reason
        case dryRun = "dry_run"
    }

    package init(reason: String? = nil, dryRun: Bool? = nil) {
        (self.reason, self.dryRun) = (reason, dryRun)
    }

    /// What the query and the body say, each thing once. Throws ``AdminError`` describing the problem.
    init(_ parameters: [(name: String, value: String)], _ body: ByteBuffer) throws(AdminError) {
        self = try Self.document(body)
        try QueryParameters.check(parameters, optional: "reason")
        for (name, value) in parameters { try take(name, value) }
        reason = try QueueOrderDocument.checked(reason: reason)
    }

    /// A parameter of the query.
    private mutating func take(_ name: String, _ value: String) throws(AdminError) {
        switch name {
        case "reason":
            guard reason == nil else { throw AdminError(.badRequest, "reason is given twice: give it once") }
            reason = value
        case "dry_run":
            guard value == "true" || value == "false" else {
                throw AdminError(.badRequest, "dry_run must be true or false")
            }
            // If either counted, a rehearsal could become real.
            guard dryRun == nil else { throw AdminError(.badRequest, "dry_run is given twice: give it once") }
            dryRun = value == "true"
        default: throw AdminError(.badRequest, "unknown parameter \(name); expected reason and dry_run")
        }
    }

    private static func document(_ body: ByteBuffer) throws(AdminError) -> Self {
        guard body.readableBytes > 0 else { return Self() }
        do {
            // If the rehearsal were misspelt and ignored, the relay would change.
            if let unknown = try AdminJSON.unknownName(in: body, known: CodingKeys.allCases.map(\.rawValue)) {
                throw AdminError(.badRequest, "unknown name \(unknown) in the body; expected reason and dry_run")
            }
            return try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(.badRequest, #"the body must be JSON, such as {"reason":"new provider","dry_run":true}"#)
        }
    }
}
