/// One key of a table of relay.conf whose values end up in a `Root`.
struct Key<Root: Sendable>: Sendable {
    let name: String
    /// For the reference and the example: what the key does, in one line.
    let summary: String
    let type: String
    let bounds: String
    let fallback: @Sendable (Root) -> KeyReference.Fallback
    let assign: @Sendable (RawValue, inout Root) throws(InvalidValue) -> Void
    /// Whether the value is one that must not stand in the file, nor be shown.
    var isSecret = false

    /// A key that keeps the default of the settings where it is not given.
    static func optional<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { root in
            .literal(kind.write(root[keyPath: path]))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        }
    }

    /// A key whose default depends on the machine or on other keys.
    static func derived<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ kind: ValueKind<Value>,
        from origin: String, example: Value, _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .derived(origin, example: kind.write(example))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        }
    }

    /// A key that is given by an environment variable, or not at all.
    static func secret<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ kind: ValueKind<Value>, example: Value,
        _ summary: String
    ) -> Key {
        var key = derived(name, path, kind, from: "none", example: example, summary)
        key.isSecret = true
        return key
    }

    /// A key that must be given.
    static func required<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>, example: Value,
        _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .required(example: kind.write(example))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        }
    }

    /// A key that this version checks, and that has one value only.
    static func fixed(_ name: String, _ value: String, later: [String], _ summary: String) -> Key {
        let kind = ValueKind<String>.word([value], later: later)
        return Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .literal(kind.write(value))
        } assign: { (raw, _) throws(InvalidValue) in
            _ = try kind.read(raw)
        }
    }
}

/// What people are told of a key.
package struct KeyReference: Hashable, Sendable {
    /// What holds where the key is not given.
    package enum Fallback: Hashable, Sendable {
        /// This value, as relay.conf writes it.
        case literal(String)
        /// A value that words describe.
        case derived(String, example: String)
        /// The key must be given.
        case required(example: String)
    }

    package let name: String
    package let type: String
    package let bounds: String
    package let fallback: Fallback
    package let summary: String
}
