package import Delivery
internal import Mail

/// One address of an upstream's name; property names match the JSON.
package struct AddressDocument: Hashable, Sendable, Codable {
    /// With the port.
    package var address: String
    /// `untried`, `healthy` or `sick`.
    package var state: String
    /// RFC 3339; when it came into this state.
    package var since: String
    /// RFC 3339; when a sick address may be tried again.
    package var until: String?
    /// Why it is sick.
    package var reason: String?
    /// Sessions there, including those being opened.
    package var sessions: Int

    private enum CodingKeys: String, CodingKey {
        case address, state, since, until, reason, sessions
    }

    package init(_ address: UpstreamDetail.Address) {
        self.address = address.address
        state = address.state.rawValue
        since = address.since.rfc3339
        until = address.until?.rfc3339
        reason = address.reason
        sessions = address.sessions
    }

    /// Every name is always present; unknown values are null.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(address, forKey: .address)
        try container.encode(state, forKey: .state)
        try container.encode(since, forKey: .since)
        try container.encode(until, forKey: .until)
        try container.encode(reason, forKey: .reason)
        try container.encode(sessions, forKey: .sessions)
    }
}
