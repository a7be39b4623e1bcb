extension ConfigurationReference {
    /// The text of `relay.conf.example`: every key with its default, commented out unless it must be given.
    package static func example() -> String {
        let introduction = """
            # relay.conf for Posthorse. Every key is here with its default; remove the "#" before a key to change it.
            # Only one [[upstream]] with a name and an address is required. "posthorse check" finds every mistake.
            #
            # Durations need a unit: "800ms", "30s", "1.5s", "5m", "2h", "3d". Sizes: "50MiB" is 1024-based, "50MB"
            # 1000-based, a plain number counts octets. Any string may use an environment variable: "${NAME}".
            # Relative paths start at the directory of this file.

            """
        return introduction + sections.map(table).joined()
    }

    private static func table(_ section: SectionReference) -> String {
        let head =
            section.name.isEmpty
            ? "" : "\n" + comment(section.summary) + (section.isComment ? "#" : "") + section.header + "\n"
        return head
            + section.keys.map { "\n" + comment($0.summary + note($0)) + line($0, section) + "\n" }.joined()
    }

    private static func note(_ key: KeyReference) -> String {
        let bounds = key.bounds.isEmpty ? "" : " (\(key.bounds))"
        switch key.fallback {
        case .literal: return bounds
        case .derived(let origin, _): return bounds + " Default: \(origin)."
        case .required: return bounds + " Required."
        }
    }

    private static func line(_ key: KeyReference, _ section: SectionReference) -> String {
        switch key.fallback {
        case .literal(let value), .derived(_, let value): "#\(key.name) = \(value)"
        case .required(let value): (section.isComment ? "#" : "") + "\(key.name) = \(value)"
        }
    }

    /// Lines of at most 116 columns, each after `# `.
    private static func comment(_ text: String) -> String {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < 114 {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines.map { "# \($0)\n" }.joined()
    }
}
