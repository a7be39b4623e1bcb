/// What to say about a key that no table describes.
enum UnknownKey {
    static func complaint(_ name: String, in section: String) -> Complaint {
        if PlannedKeys.contains(name, in: section) { return Complaint("not in this version", "remove it") }
        guard let here = Schema.references.first(where: { $0.name == section }) else {
            return Complaint("unknown key", "remove it")
        }
        let tables = Schema.references.filter { !$0.name.isEmpty && $0.parentName == section }
        let names = here.keys.map(\.name) + tables.map(\.lastName)
        let shown = here.keys.map(\.name) + tables.map(\.header)
        if let nearest = Spelling.nearest(to: name, among: names), let index = names.firstIndex(of: nearest) {
            return Complaint("unknown key", "did you mean \"\(shown[index])\"?")
        }
        if let home = Schema.references.first(where: { $0.keys.contains { $0.name == name } }) {
            return Complaint(
                "unknown key", home.name.isEmpty ? "it belongs before the first table" : "it belongs in \(home.header)")
        }
        if let table = Schema.references.first(where: { $0.lastName == name }) {
            return Complaint("unknown key", "did you mean \"\(table.header)\"?")
        }
        return Complaint("unknown key", "known here: " + shown.joined(separator: ", "))
    }
}
