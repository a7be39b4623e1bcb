/// What would happen to mail to an address; property names match the JSON. Every name is always present.
package struct SuppressionCheckDocument: Codable, Hashable, Sendable {
    /// What happens to mail of one route.
    package struct RouteResult: Codable, Hashable, Sendable {
        package let route: String
        /// `refused`, `dropped` or `sent`.
        package let result: String
        /// The pattern because of which; nil if it is sent.
        package let pattern: String?

        package func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(route, forKey: .route)
            try container.encode(result, forKey: .result)
            try container.encode(pattern, forKey: .pattern)
        }
    }

    /// In normal form.
    package let address: String
    /// That of all routes, or `depends`.
    package let result: String
    /// What a client is told at RCPT; nil if it is not refused.
    package let reply: String?
    /// In the order of relay.conf.
    package let routes: [RouteResult]
    /// Those that keep mail from it, the narrowest for each route.
    package let suppressions: [SuppressionDocument]
    /// Bounces so far that count towards a suppression.
    package let hardBounces: Int
    package let softBounces: Int

    private enum CodingKeys: String, CodingKey {
        case address, result, reply, routes, suppressions
        case hardBounces = "hard_bounces"
        case softBounces = "soft_bounces"
    }

    package init(
        address: String, reply: String?, routes: [RouteResult], suppressions: [SuppressionDocument],
        hardBounces: Int, softBounces: Int
    ) {
        self.address = address
        let results = Set(routes.map(\.result))
        result = results.count == 1 ? results.first ?? "sent" : "depends"
        self.reply = reply
        self.routes = routes
        self.suppressions = suppressions
        self.hardBounces = hardBounces
        self.softBounces = softBounces
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(address, forKey: .address)
        try container.encode(result, forKey: .result)
        try container.encode(reply, forKey: .reply)
        try container.encode(routes, forKey: .routes)
        try container.encode(suppressions, forKey: .suppressions)
        try container.encode(hardBounces, forKey: .hardBounces)
        try container.encode(softBounces, forKey: .softBounces)
    }
}
