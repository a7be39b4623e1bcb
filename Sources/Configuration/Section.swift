/// One table of relay.conf, or each element of one array of tables.
struct Section<Root: Sendable>: Sendable {
    /// Empty for the keys before the first table.
    let name: String
    let isList: Bool
    /// Whether relay.conf.example has the whole table as a comment, since its values would be harmful as they are.
    let isComment: Bool
    let summary: String
    /// What a table starts from; the defaults are read from it.
    let prototype: Root
    let keys: [Key<Root>]

    init(
        _ name: String, isList: Bool = false, isComment: Bool = false, _ summary: String, prototype: Root,
        keys: [Key<Root>]
    ) {
        self.name = name
        self.isList = isList
        self.isComment = isComment
        self.summary = summary
        self.prototype = prototype
        self.keys = keys
    }

    var reference: SectionReference {
        let keys = keys.map { key in
            KeyReference(
                name: key.name, type: key.type, bounds: key.bounds, fallback: key.fallback(prototype),
                summary: key.summary)
        }
        return SectionReference(name: name, isList: isList, isComment: isComment, summary: summary, keys: keys)
    }
}

/// What people are told of a table.
package struct SectionReference: Hashable, Sendable {
    /// Empty for the keys before the first table.
    package let name: String
    /// Whether it may be given many times, `[[upstream]]`.
    package let isList: Bool
    /// Whether relay.conf.example has the whole table as a comment.
    package let isComment: Bool
    package let summary: String
    package let keys: [KeyReference]

    /// As relay.conf writes it, `[spool]` or `[[upstream]]`.
    package var header: String { isList ? "[[\(name)]]" : "[\(name)]" }
}
