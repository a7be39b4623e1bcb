internal import Mail

/// The query of `POST /v1/suppressions/import`.
struct SuppressionImportOrder {
    var reason: String?
    var route: String?
    var expiresAt: String?
    var isRehearsal = false

    init(_ query: [(name: String, value: String)]) throws(AdminError) {
        try QueryParameters.check(query, optional: "reason")
        for (name, value) in query {
            switch name {
            case "reason": reason = try QueueOrderDocument.checked(reason: value)
            case "route": route = value
            case "expires_at": expiresAt = value
            case "dry_run":
                guard value == "true" || value == "false" else {
                    throw AdminError(.badRequest, "dry_run must be true or false")
                }
                isRehearsal = value == "true"
            default:
                throw AdminError(.badRequest, "unknown name \(name); expected reason, route, expires_at, dry_run")
            }
        }
    }
}
