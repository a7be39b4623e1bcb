/// One difference between two readings of relay.conf. It shows no secret: neither passwords nor the hashes of passwords
/// and tokens, nor what environment variables hold.
package struct ConfigurationChange: Hashable, Sendable, Codable, CustomStringConvertible {
    package enum Kind: String, Hashable, Sendable, Codable {
        /// A table, such as an `[[upstream]]`.
        case added, removed
        /// The value of a key.
        case changed
        /// The same tables in another order.
        case reordered
    }

    /// `retry.max`, `upstream.address`; of a whole table `upstream`.
    package var key: String
    /// Of the table, if there may be several: the name of an upstream, route, user or token, the address of a listener.
    package var name: String?
    package var change: Kind
    /// As written in relay.conf, a secret as `(secret)`, a value with `${NAME}` as `(from the environment)`; of a table
    /// its keys without defaults. nil for none.
    package var before: String?
    package var after: String?
    /// Whether it comes into force only when the relay is started again.
    package var needsRestart = false

    private enum CodingKeys: String, CodingKey {
        case key, name, change, before, after
        case needsRestart = "needs_restart"
    }

    init(_ key: String, of name: String? = nil, _ change: Kind, before: String?, after: String?) {
        (self.key, self.name, self.change, self.before, self.after) = (key, name, change, before, after)
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        key = try container.decode(String.self, forKey: .key)
        name = try container.decodeIfPresent(String.self, forKey: .name)
        change = try container.decode(Kind.self, forKey: .change)
        before = try container.decodeIfPresent(String.self, forKey: .before)
        after = try container.decodeIfPresent(String.self, forKey: .after)
        needsRestart = try container.decode(Bool.self, forKey: .needsRestart)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(key, forKey: .key)
        try container.encode(name, forKey: .name)
        try container.encode(change, forKey: .change)
        try container.encode(before, forKey: .before)
        try container.encode(after, forKey: .after)
        try container.encode(needsRestart, forKey: .needsRestart)
    }

    /// What has changed, without values: `retry.max`, `upstream ses: address`, `upstream mg: added`, `route: order`.
    package var subject: String {
        switch change {
        case .changed: name.map { "\(table) \($0): \(lastKey)" } ?? key
        case .added, .removed: "\(key) \(name ?? ""): \(change.rawValue)"
        case .reordered: "\(key): order"
        }
    }

    /// One line: `retry.max: "1h" -> "2h"`, `upstream mg: added: address = "mx.example.com:25"`.
    package var description: String {
        switch change {
        case .added, .removed: subject + ((after ?? before).map { ": " + $0 } ?? "")
        case .changed where before == after: subject + ": changed"
        case .changed, .reordered: "\(subject): \(before ?? "none") -> \(after ?? "none")"
        }
    }

    /// For `upstream.address`: `upstream`; for `admin.token.hash`: `admin.token`.
    private var table: String { key.hasPrefix("admin.token") ? "admin.token" : String(key.prefix { $0 != "." }) }

    private var lastKey: String { String(key.dropFirst(table.count + 1)) }
}
