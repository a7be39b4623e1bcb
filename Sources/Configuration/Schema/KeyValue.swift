/// What a key has been set to, for comparison and for people.
struct KeyValue: Hashable, Sendable {
    /// Relative to its table: `max`, `high.initial`.
    private(set) var key: String
    /// As written in relay.conf, or for a secret a number that represents it; nil if there is no value.
    let text: String?
    /// The same without secrets, and without what environment variables hold.
    private(set) var shown: String?
    private(set) var needsRestart = false

    static let secret = "(secret)"
    static let environment = "(from the environment)"

    init(_ key: String, text: String?, shown: String?) {
        (self.key, self.text, self.shown) = (key, text, shown)
    }

    init<Root: Sendable>(_ key: Key<Root>, of root: Root) {
        let text = key.text(root)
        self.init(key.name, text: text, shown: key.isSecret || key.isHidden ? text.map { _ in Self.secret } : text)
        needsRestart = key.needsRestart
    }

    /// The same for a value that comes from the environment, and may be a secret.
    var fromEnvironment: KeyValue {
        guard let shown, shown != Self.secret else { return self }
        var value = self
        value.shown = Self.environment
        return value
    }

    func renamed(_ key: String) -> KeyValue {
        var value = self
        value.key = key
        return value
    }
}

extension [[KeyValue]] {
    /// Every key with its value, as `key = value, key = value; key = value`; nil without any.
    func listed(_ text: (KeyValue) -> String?) -> String? {
        isEmpty ? nil : map { $0.listed(text) }.joined(separator: "; ")
    }
}

extension [KeyValue] {
    /// Every key that has a value, as `key = value, key = value`.
    func listed(_ text: (KeyValue) -> String?) -> String {
        compactMap { value in text(value).map { "\(value.key) = \($0)" } }.joined(separator: ", ")
    }
}
