package import Audit
internal import Mail
internal import Suppression

/// A filter as the parameters of a query.
extension AuditFilter {
    private enum Name: String, CaseIterable {
        case since, until, who, what, subject, before, limit
    }

    /// - Throws: ``AdminError`` for an unknown name, and for an invalid value.
    package init(query: [(name: String, value: String)]) throws(AdminError) {
        self.init()
        try QueryParameters.check(query)
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
        case .since: since = try QueryParameters.time(value, name.rawValue)
        case .until: until = try QueryParameters.time(value, name.rawValue)
        case .who: who = value
        case .what: what = value
        case .subject: subject = value
        case .before:
            guard let number = Int(value), number > 0 else {
                throw AdminError(.badRequest, "before is the number of a record, from 1")
            }
            before = number
        case .limit: limit = try QueueFilter.limit(value)
        }
    }

    /// Finds decisions about an address as well where the log has its keyed hash.
    package mutating func findHashes(_ hashed: (String) -> String) {
        guard let subject, let mark = subject.lastIndex(of: "@"), mark > subject.startIndex, !subject.hasSuffix("@"),
            !subject.contains(where: { $0 == " " || $0 == "*" })
        else { return }
        subjectHashes = [subject, NormalAddress.text(subject)].map(hashed)
    }

    package var query: [(name: String, value: String)] {
        let all: [(Name, String?)] = [
            (.since, since?.rfc3339), (.until, until?.rfc3339), (.who, who), (.what, what), (.subject, subject),
            (.before, before.map { "\($0)" }), (.limit, limit.map { "\($0)" }),
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
