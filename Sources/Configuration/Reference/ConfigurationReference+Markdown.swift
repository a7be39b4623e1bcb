extension ConfigurationReference {
    /// The tables of `docs/configuration.md`, one per table of relay.conf.
    package static func markdown() -> String {
        sections.map(part).joined(separator: "\n")
    }

    private static func part(_ section: SectionReference) -> String {
        let title = section.name.isEmpty ? "Before the first table" : "`\(section.header)`"
        let rows = section.keys.map { key in
            "| `\(key.name)` | \(type(key)) | \(fallback(key)) | \(key.summary) |\n"
        }
        return """
            ### \(title)

            \(section.summary)

            | key | value | default | what it does |
            |---|---|---|---|

            """ + rows.joined()
    }

    private static func type(_ key: KeyReference) -> String {
        key.bounds.isEmpty ? key.type : "\(key.type): \(key.bounds)"
    }

    private static func fallback(_ key: KeyReference) -> String {
        switch key.fallback {
        case .literal(let value): "`\(value)`"
        case .derived(let origin, _): origin
        case .required(let value): "required, for example `\(value)`"
        }
    }
}
