/// Diagnosis of a key that no table describes.
enum UnknownKey {
    static func invalidValue(_ name: String, in section: String) -> InvalidValue {
        if PlannedKeys.contains(name, in: section) { return InvalidValue("not supported in this version", "remove it") }
        guard let here = Schema.references.first(where: { $0.name == section }) else {
            return InvalidValue("unknown key", "remove it")
        }
        return InvalidValue("unknown key", remedy(for: name, in: here))
    }

    private static func remedy(for name: String, in here: SectionReference) -> String {
        let tables = Schema.references.filter { !$0.name.isEmpty && $0.parentName == here.name }
        let shown = Dictionary(
            here.keys.map { ($0.name, $0.name) } + tables.map { ($0.lastName, $0.header) }
        ) { first, _ in first }
        let names = here.keys.map(\.name) + tables.map(\.lastName)
        let candidates = candidates(for: name, in: here.name, names)
        if !candidates.isEmpty { return didYouMean(candidates.map { shown[$0] ?? $0 }) }
        let homes = Schema.references.filter { $0.keys.contains { $0.name == name } }
        if !homes.isEmpty { return belongs(in: homes) }
        if let part = Spelling.longest(of: names, in: name) { return didYouMean([shown[part] ?? part]) }
        if let table = Schema.references.first(where: { $0.lastName == name }) { return didYouMean([table.header]) }
        return "known here: " + names.map { shown[$0] ?? $0 }.joined(separator: ", ")
    }

    /// Candidate names, best first.
    private static func candidates(for name: String, in section: String, _ names: [String]) -> [String] {
        if let synonym = Synonyms.key(for: name, in: section) { return [synonym] }
        if let nearest = Spelling.nearest(to: name, among: names) { return [nearest] }
        return Array(Spelling.names(names, with: name).prefix(4))
    }

    private static func didYouMean(_ names: [String]) -> String {
        "did you mean \(choice(names.map { "\"\($0)\"" }))?"
    }

    private static func belongs(in homes: [SectionReference]) -> String {
        "it belongs "
            + choice(homes.map { $0.name.isEmpty ? "before the first table" : "in \($0.header)" })
    }

    private static func choice(_ words: [String]) -> String {
        guard let last = words.last, words.count > 1 else { return words.joined() }
        return words.dropLast().joined(separator: ", ") + " or " + last
    }
}
