internal import Mail
package import NIOCore

/// The body of `POST /v1/users/trust`; property names match the JSON.
package struct TrustDocument: Hashable, Sendable, Codable {
    package var user: String
    package var reason: String?
    /// Whether to change nothing.
    package var dryRun: Bool?

    private enum CodingKeys: String, CodingKey, CaseIterable {
        case user, reason
        case dryRun = "dry_run"
    }

    package init(user: String, reason: String? = nil, dryRun: Bool = false) {
        (self.user, self.reason, self.dryRun) = (user, reason, dryRun)
    }

    /// Parses a body. Throws ``AdminError`` describing the problem.
    package init(_ body: ByteBuffer) throws(AdminError) {
        do {
            let known = CodingKeys.allCases.map(\.rawValue)
            if let unknown = try AdminJSON.unknownName(in: body, known: known) {
                throw AdminError(
                    .badRequest, "unknown name \(unknown) in the body; expected \(known.joined(separator: ", "))")
            }
            self = try AdminJSON.decode(Self.self, from: body)
        } catch let error as AdminError {
            throw error
        } catch {
            throw AdminError(.badRequest, #"the body must be JSON, such as {"user":"app","reason":"a campaign"}"#)
        }
        reason = try QueueOrderDocument.checked(reason: reason)
    }

    var isRehearsal: Bool { dryRun ?? false }
}
