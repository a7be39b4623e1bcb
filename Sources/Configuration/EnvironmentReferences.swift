/// Replaces `${NAME}` in strings by the value of an environment variable.
struct EnvironmentReferences: Sendable {
    let environment: [String: String]

    /// Whether a part of the value is taken from the environment.
    static func areIn(_ raw: RawValue) -> Bool {
        switch raw {
        case .string(let text): text.contains("${")
        case .list(let elements): elements.contains(where: areIn)
        case .integer, .float, .boolean, .date, .table: false
        }
    }

    /// The value with every reference replaced, in lists too.
    func resolve(_ raw: RawValue) throws(Complaint) -> RawValue {
        switch raw {
        case .string(let text): return .string(try resolve(text))
        case .list(let elements):
            var resolved: [RawValue] = []
            for (index, element) in elements.enumerated() {
                do throws(Complaint) {
                    resolved.append(try resolve(element))
                } catch {
                    throw error.about(index)
                }
            }
            return .list(resolved)
        case .integer, .float, .boolean, .date, .table: return raw
        }
    }

    private func resolve(_ text: String) throws(Complaint) -> String {
        var resolved = ""
        var rest = text[...]
        while let start = rest.firstIndex(of: "$") {
            let after = rest[rest.index(after: start)...]
            guard after.first == "{" else {
                resolved += rest[...start]
                rest = after
                continue
            }
            guard let end = after.firstIndex(of: "}") else {
                throw Complaint("has \"${\" without \"}\"", "write \"${NAME}\" for an environment variable")
            }
            resolved += rest[..<start]
            resolved += try value(of: after[..<end].dropFirst())
            rest = after[after.index(after: end)...]
        }
        return resolved + rest
    }

    private func value(of name: Substring) throws(Complaint) -> String {
        let isName = name.utf8.allSatisfy { byte in
            byte == UInt8(ascii: "_") || (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
        }
        guard isName, let first = name.utf8.first, !(0x30...0x39).contains(first) else {
            throw Complaint(
                "has no name of an environment variable in its braces", "write for example \"${RELAY_NAME}\"")
        }
        guard let value = environment[String(name)] else {
            throw Complaint(
                "uses the environment variable \(name), which is not set", "set \(name) or write the value itself")
        }
        return value
    }
}
