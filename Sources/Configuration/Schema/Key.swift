/// A relay.conf key whose value is stored in a `Root`.
struct Key<Root: Sendable>: Sendable {
    let name: String
    /// One-line description for the reference and the example.
    let summary: String
    let type: String
    let bounds: String
    let fallback: @Sendable (Root) -> KeyReference.Fallback
    let assign: @Sendable (RawValue, inout Root) throws(InvalidValue) -> Void
    /// The value as written in relay.conf, or for a secret a number that represents it; nil if there is none.
    var text: @Sendable (Root) -> String?
    /// Whether the value is a secret: it must not stand in the file and is never shown.
    var isSecret = false
    /// Whether the value may stand in the file and is shown nowhere else: the hash of a password or of a token.
    var isHidden = false
    /// Whether a running relay keeps its value until it is started again.
    var needsRestart = false

    /// An optional key; without it the default of the settings applies.
    static func optional<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>,
        _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { root in
            .literal(kind.write(root[keyPath: path]))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        } text: {
            kind.write($0[keyPath: path])
        }
    }

    /// An optional key whose default depends on the machine or on other keys.
    static func derived<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ kind: ValueKind<Value>,
        from origin: String, example: Value, _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .derived(origin, example: kind.write(example))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        } text: {
            $0[keyPath: path].map(kind.write)
        }
    }

    /// An optional key whose value must come from an environment variable.
    static func secret<Value: Sendable & Hashable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value?> & Sendable, _ kind: ValueKind<Value>, example: Value,
        _ summary: String
    ) -> Key {
        var key = derived(name, path, kind, from: "none", example: example, summary)
        key.isSecret = true
        key.text = { $0[keyPath: path].map { "\($0.hashValue)" } }
        return key
    }

    /// A required key.
    static func required<Value: Sendable>(
        _ name: String, _ path: any WritableKeyPath<Root, Value> & Sendable, _ kind: ValueKind<Value>, example: Value,
        _ summary: String
    ) -> Key {
        Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .required(example: kind.write(example))
        } assign: { (raw, root) throws(InvalidValue) in
            root[keyPath: path] = try kind.read(raw)
        } text: {
            kind.write($0[keyPath: path])
        }
    }

    /// The same, with a value that no comparison shows.
    var hidden: Key {
        var key = self
        key.isHidden = true
        return key
    }

    /// The same, with a value that a reload does not change.
    var untilRestart: Key {
        var key = self
        key.needsRestart = true
        return key
    }

    /// A key with a single valid value in this version.
    static func fixed(_ name: String, _ value: String, later: [String], _ summary: String) -> Key {
        let kind = ValueKind<String>.word([value], later: later)
        return Key(name: name, summary: summary, type: kind.name, bounds: kind.bounds) { _ in
            .literal(kind.write(value))
        } assign: { (raw, _) throws(InvalidValue) in
            _ = try kind.read(raw)
        } text: { _ in
            value
        }
    }
}

/// The documentation of a key.
package struct KeyReference: Hashable, Sendable {
    /// What applies when the key is absent.
    package enum Fallback: Hashable, Sendable {
        /// This value, as written in relay.conf.
        case literal(String)
        /// A value described in words.
        case derived(String, example: String)
        /// Nothing: the key is required.
        case required(example: String)
    }

    package let name: String
    package let type: String
    package let bounds: String
    package let fallback: Fallback
    package let summary: String
}
