/// What to say about a key that no table describes.
enum UnknownKey {
    static func complaint(_ name: String, in section: String) -> Complaint {
        if PlannedKeys.contains(name, in: section) { return Complaint("not in this version", "remove it") }
        guard let here = Schema.references.first(where: { $0.name == section }) else {
            return Complaint("unknown key", "remove it")
        }
        let isTop = section.isEmpty
        let names = here.keys.map(\.name) + (isTop ? tables.map(\.name) : [])
        if let nearest = Spelling.nearest(to: name, among: names) {
            return Complaint("unknown key", "did you mean \"\(header(of: nearest, isTop: isTop))\"?")
        }
        if let home = Schema.references.first(where: { $0.keys.contains { $0.name == name } }) {
            return Complaint(
                "unknown key", home.name.isEmpty ? "it belongs before the first table" : "it belongs in \(home.header)")
        }
        return Complaint(
            "unknown key", "known here: " + names.map { header(of: $0, isTop: isTop) }.joined(separator: ", "))
    }

    private static var tables: ArraySlice<SectionReference> { Schema.references.dropFirst() }

    /// Tables with their brackets, keys as they are.
    private static func header(of name: String, isTop: Bool) -> String {
        guard isTop, let table = tables.first(where: { $0.name == name }) else { return name }
        return table.header
    }
}
