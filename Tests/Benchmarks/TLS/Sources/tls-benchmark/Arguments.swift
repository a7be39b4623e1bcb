/// The command, and options in pairs.
struct Arguments {
    let command: String
    private var values: [String: String] = [:]

    init(_ arguments: ArraySlice<String>) {
        var rest = arguments
        command = rest.popFirst() ?? ""
        while let key = rest.popFirst(), let value = rest.popFirst() { values[String(key.dropFirst(2))] = value }
    }

    subscript(_ key: String) -> String { values[key] ?? "" }

    func number(_ key: String) -> Int { Int(self[key]) ?? 0 }
}
