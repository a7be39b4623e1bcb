/// One table of relay.conf, or each element of an array of tables.
struct Section<Root: Sendable>: Sendable {
    /// Empty for the keys before the first table.
    let name: String
    let isList: Bool
    /// Whether relay.conf.example comments out the whole table because its values would do harm as they are.
    let isComment: Bool
    let summary: String
    /// Initial value of a table; the defaults are read from it.
    let prototype: Root
    let keys: [Key<Root>]
    /// Nested arrays of tables.
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

    /// Every key, and every nested array of tables, with its contents.
    func values(_ root: Root) -> [KeyValue] {
        keys.map { KeyValue($0, of: root) } + parts.flatMap { $0.values(root) }
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

/// A nested table, `[retry.high]`, or an array of them: `[[upstream.rule]]` belongs to the preceding `[[upstream]]`.
struct Subsection<Root: Sendable>: Sendable {
    /// Name relative to the enclosing table: `rule`.
    let name: String
    let reference: SectionReference
    let read: @Sendable (inout ConfigurationReader, RawValue, ConfigurationPath, inout Root) -> Void
    /// All its elements under its name, or each key of the one table as `high.initial`.
    let values: @Sendable (Root) -> [KeyValue]

    /// - Parameter section: its name includes that of the enclosing table, `upstream.rule`.
    init<Element: Sendable>(
        _ section: Section<Element>, _ path: any WritableKeyPath<Root, [Element]> & Sendable
    ) {
        reference = section.reference
        name = reference.lastName
        read = { reader, raw, place, root in
            root[keyPath: path] = reader.elements(of: section, in: raw, at: place)
        }
        values = { [name] root in
            let elements = root[keyPath: path].map(section.values)
            return [KeyValue(name, text: elements.listed(\.text), shown: elements.listed(\.shown))]
        }
    }

    /// - Parameter section: its name includes that of the enclosing table, `retry.high`.
    init<Element: Sendable>(
        table section: Section<Element>, _ path: any WritableKeyPath<Root, Element> & Sendable
    ) {
        reference = section.reference
        name = reference.lastName
        read = { reader, raw, place, root in reader.read(raw, of: section, at: place, into: &root[keyPath: path]) }
        let prefix = reference.lastName + "."
        values = { root in section.values(root[keyPath: path]).map { $0.renamed(prefix + $0.key) } }
    }
}

/// The documentation of a table.
package struct SectionReference: Hashable, Sendable {
    /// Empty for the keys before the first table.
    package let name: String
    /// Whether it may occur more than once, `[[upstream]]`.
    package let isList: Bool
    /// Whether relay.conf.example comments out the whole table.
    package let isComment: Bool
    package let summary: String
    package let keys: [KeyReference]

    /// As written in relay.conf, `[spool]` or `[[upstream]]`.
    package var header: String { isList ? "[[\(name)]]" : "[\(name)]" }

    /// For `upstream.rule`: `rule`.
    var lastName: String { String(name[(name.lastIndex(of: ".").map(name.index(after:)) ?? name.startIndex)...]) }

    /// For `upstream.rule`: `upstream`; empty for tables that are not nested.
    var parentName: String { String(name[..<(name.lastIndex(of: ".") ?? name.startIndex)]) }
}
