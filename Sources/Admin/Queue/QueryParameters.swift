internal import Mail

/// What holds for the parameters of every query.
enum QueryParameters {
    /// Checks that each name occurs once and has a value: what a variable without one leaves behind must not mean
    /// everything.
    ///
    /// - Parameters:
    ///   - repeatable: a name that may occur more than once.
    ///   - optional: a name whose value may be empty.
    /// - Throws: ``AdminError`` that names the parameter.
    static func check(
        _ query: [(name: String, value: String)], repeatable: String? = nil, optional: String? = nil
    ) throws(AdminError) {
        var names: Set<String> = []
        for (name, value) in query {
            guard names.insert(name).inserted || name == repeatable else {
                throw AdminError(.badRequest, "\(name) is given twice: give it once")
            }
            guard !value.isEmpty || name == optional else { throw AdminError(.badRequest, "\(name) is empty") }
        }
    }

    /// Reads a time of RFC 3339.
    ///
    /// - Throws: ``AdminError`` that names the parameter.
    static func time(_ text: String, _ name: String) throws(AdminError) -> Timestamp {
        guard let time = Timestamp(dateTime: text.utf8) else {
            throw AdminError(.badRequest, "\(name) must be a time such as 2026-11-21T10:00:00Z")
        }
        return time
    }
}
