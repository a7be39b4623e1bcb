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
    /// The arrays of tables inside.
    let parts: [Subsection<Root>]

    init(
        _ name: String, isList: Bool = false, isComment: Bool = false, _ summary: String, prototype: Root,
        keys: [Key<Root>], parts: [Subsection<Root>] = []
    ) {
        self.name = name
        self.isList = isList
        self.isComment = isComment
        self.summary = summary
        self.prototype = prototype
        self.keys = keys
        self.parts = parts
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

/// An array of tables inside of a table: `[[upstream.rule]]` belongs to the `[[upstream]]` before it.
struct Subsection<Root: Sendable>: Sendable {
    /// Within the table around it: `rule`.
    let name: String
    let reference: SectionReference
    let read: @Sendable (inout ConfigurationReader, RawValue, ConfigurationPath, inout Root) -> Void

    /// - Parameter section: its name has that of the table around it in front, `upstream.rule`.
    init<Element: Sendable>(
        _ section: Section<Element>, _ path: any WritableKeyPath<Root, [Element]> & Sendable
    ) {
        reference = section.reference
        name = reference.lastName
        read = { reader, raw, place, root in
            root[keyPath: path] = reader.elements(of: section, in: raw, at: place)
        }
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

    /// Of `upstream.rule`: `rule`.
    var lastName: String { String(name[(name.lastIndex(of: ".").map(name.index(after:)) ?? name.startIndex)...]) }

    /// Of `upstream.rule`: `upstream`; empty for tables that lie in no other one.
    var parentName: String { String(name[..<(name.lastIndex(of: ".") ?? name.startIndex)]) }
}
