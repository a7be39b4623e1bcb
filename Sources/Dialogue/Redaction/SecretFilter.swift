/// Hides the secrets of one session in texts that are kept, by the rule of the traces.
package struct SecretFilter: Sendable {
    private var memory = SecretMemory(SecretBudget())

    package init() {}

    /// A text that must not be shown.
    package mutating func add(_ secret: String) { memory.add(secret.utf8) }

    /// The text with `…` for each part that belongs to a secret.
    package func filtered(_ text: String) -> String {
        let octets = Array(text.utf8)
        let hidden = memory.places(in: octets)
        guard !hidden.isEmpty else { return text }
        var shown: [UInt8] = []
        for index in octets.indices {
            if !hidden[index] {
                shown.append(octets[index])
            } else if index == 0 || !hidden[index - 1] {
                shown += "…".utf8
            }
        }
        return String(decoding: shown, as: UTF8.self)
    }
}
