import Delivery

/// Commands as an operator would type them beside the one that runs.
struct SteeringWords {
    /// ` --config FILE` where that was said.
    private let suffix: String

    init(_ options: ConfigOption) {
        self.init(config: options.config)
    }

    init(config: String?) {
        suffix = config.map { " --config \(Self.quoted($0))" } ?? ""
    }

    func steer(_ action: SteeringOrder.Action, _ name: String, _ more: String = "") -> String {
        "posthorse upstream \(action.rawValue) \(Printable.line(name))\(more)\(suffix)"
    }

    func show(_ name: String) -> String {
        "posthorse upstream show \(Printable.line(name))\(suffix)"
    }

    /// In quotes for a shell where it is not one plain word.
    private static func quoted(_ text: String) -> String {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789_./-".unicodeScalars.contains(scalar))
        }
        let shown = Printable.line(text)
        return isPlain
            ? shown : "'\(shown.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''"))'"
    }
}
