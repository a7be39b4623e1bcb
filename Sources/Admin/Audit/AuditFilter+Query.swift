package import Audit
internal import Mail

/// A filter as the parameters of a query.
extension AuditFilter {
    private enum Name: String, CaseIterable {
        case since, until, who, what, subject, limit
    }

    /// - Throws: ``AdminError`` for an unknown name, and for an invalid value.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        self.init()
        for (name, value) in query {
            guard let known = Name(rawValue: name) else {
                let names = Name.allCases.map(\.rawValue).joined(separator: ", ")
                throw AdminError(.badRequest, "unknown parameter \(name); there are \(names)")
            }
            try set(known, value)
        }
    }

    private mutating func set(_ name: Name, _ value: String) throws(AdminError) {
        switch name {
        case .since: since = try Self.time(value, name)
        case .until: until = try Self.time(value, name)
        case .who: who = value
        case .what: what = value
        case .subject: subject = value
        case .limit:
            guard let number = Int(value), number > 0 else { throw AdminError(.badRequest, "limit must be at least 1") }
            limit = number
        }
    }

    private static func time(_ text: String, _ name: Name) throws(AdminError) -> Timestamp {
        guard let time = Timestamp(dateTime: text.utf8) else {
            throw AdminError(.badRequest, "\(name.rawValue) must be a time such as 2026-11-21T10:00:00Z")
        }
        return time
    }

    package var query: [(name: String, value: String)] {
        let all: [(Name, String?)] = [
            (.since, since?.rfc3339), (.until, until?.rfc3339), (.who, who), (.what, what), (.subject, subject),
            (.limit, limit.map { "\($0)" }),
        ]
        return all.compactMap { name, value in value.map { (name.rawValue, $0) } }
    }
}

extension AuditHash {
    /// - Throws: ``AdminError`` unless it is the text of a head.
    package init(checking text: String) throws(AdminError) {
        guard let hash = AuditHash(text) else {
            throw AdminError(.badRequest, "a head has 64 hexadecimal digits in lower case: see audit_head in the log")
        }
        self = hash
    }
}
