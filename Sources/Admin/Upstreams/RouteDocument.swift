package import Upstreams

/// One route as in `GET /v1/routes`; property names match the JSON.
package struct RouteDocument: Hashable, Sendable, Codable {
    package var name: String
    /// `priority`, `weighted` or `least_connections`.
    package var mode: String
    /// `wait`, `rate` or `busy`.
    package var overflow: String
    /// Names in order of priority, without the last resort.
    package var upstreams: [String]
    /// The upstream that is used only while none of the list works; nil for none.
    package var lastResort: String?

    package enum CodingKeys: String, CodingKey {
        case name, mode, overflow, upstreams
        case lastResort = "last_resort"
    }

    package init(name: String, mode: Route.Mode, overflow: Route.Overflow, upstreams: [String], lastResort: String?) {
        self.name = name
        self.mode = mode.rawValue
        self.overflow = overflow.rawValue
        self.upstreams = upstreams
        self.lastResort = lastResort
    }

    /// - Parameter names: of the upstreams, by the indexes that the route has.
    package init(_ route: Route, names: [String]) {
        self.init(
            name: route.name, mode: route.mode, overflow: route.overflow,
            upstreams: route.upstreams.filter { $0 != route.lastResort }.map { names[$0] },
            lastResort: route.lastResort.map { names[$0] })
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(name, forKey: .name)
        try container.encode(mode, forKey: .mode)
        try container.encode(overflow, forKey: .overflow)
        try container.encode(upstreams, forKey: .upstreams)
        try container.encode(lastResort, forKey: .lastResort)
    }
}
