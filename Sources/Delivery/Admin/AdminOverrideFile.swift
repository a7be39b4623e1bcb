internal import FoundationEssentials
package import Mail

/// Contents of `upstreams.json`: the upstreams that are not simply enabled, by name.
///
/// ```
/// {"upstreams":{"ses":{"reason":"paused","since":"2026-11-21T10:00:00.000Z","state":"disabled","until":null}},"version":1}
/// ```
struct AdminOverrideFile: Codable, Equatable {
    struct Entry: Codable, Equatable {
        var state: AdminState
        var reason: String?
        /// RFC 3339, as `until`.
        var since: String
        var until: String?
    }

    static let version = 1

    var version = Self.version
    var upstreams: [String: Entry]

    init(_ overrides: [String: AdminOverride]) {
        upstreams = overrides.mapValues { adminOverride in
            Entry(
                state: adminOverride.state, reason: adminOverride.reason, since: adminOverride.since.rfc3339,
                until: adminOverride.until?.rfc3339)
        }
    }

    /// - Throws: the problem with the text.
    init(_ octets: [UInt8]) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(octets))
    }

    /// One line, with its end.
    func octets() throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
    }

    /// - Throws: ``AdminOverrideError`` for another version and for invalid times.
    func overrides() throws(AdminOverrideError) -> [String: AdminOverride] {
        guard version == Self.version else {
            throw AdminOverrideError(.content, "it has version \(version), not \(Self.version)")
        }
        var overrides: [String: AdminOverride] = [:]
        for (name, entry) in upstreams {
            overrides[name] = AdminOverride(
                state: entry.state, reason: entry.reason, since: try Self.time(entry.since, of: name),
                until: try entry.until.map { text throws(AdminOverrideError) in try Self.time(text, of: name) })
        }
        return overrides
    }

    private static func time(_ text: String, of name: String) throws(AdminOverrideError) -> Timestamp {
        guard let time = Timestamp(rfc3339: text) else {
            throw AdminOverrideError(.content, "\(name) has an invalid time: \(text)")
        }
        return time
    }
}

/// Why overrides could not be read or written.
package typealias AdminOverrideError = CodedError<AdminOverrideDomain>

/// The domain of ``AdminOverrideError``.
package enum AdminOverrideDomain {}

extension AdminOverrideError.Code {
    /// A system call, or the database, failed, which says nothing about the file's contents.
    package static var system: Self { Self(rawValue: "system") }
    /// The file's contents are invalid.
    package static var content: Self { Self(rawValue: "content") }
}

extension AdminOverrideError {
    init(_ error: SystemFileError) {
        switch error {
        case .call, .database: self.init(.system, error.description)
        case .tooLong: self.init(.content, error.description)
        }
    }
}
