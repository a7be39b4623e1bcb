import TOMLKit

/// Where and why a text is not TOML.
struct SyntaxError: Error, Hashable {
    let line: Int
    let message: String
}

extension RawValue {
    /// Parses a document. The text must hold no NUL (literal or escaped), no key with very many parts, and no header
    /// without a key: TOMLKit passes strings as C strings, frees tables recursively, and traps.
    static func parse(_ text: String) throws(SyntaxError) -> [String: RawValue] {
        let table: TOMLTable
        do {
            table = try TOMLTable(string: text)
        } catch let error as TOMLParseError {
            throw SyntaxError(line: max(1, error.source.begin.line), message: message(of: error))
        } catch {
            throw SyntaxError(line: 1, message: "\(error)")
        }
        return values(of: table)
    }

    private static func message(of error: TOMLParseError) -> String {
        let prefix = "Error while parsing "
        guard error.description.hasPrefix(prefix) else { return "not TOML: " + error.description }
        return "not TOML: in " + error.description.dropFirst(prefix.count)
    }

    private static func values(of table: TOMLTable) -> [String: RawValue] {
        var values: [String: RawValue] = [:]
        for key in table.keys {
            guard let value = table[key] else { continue }
            values[key] = RawValue(value)
        }
        return values
    }

    private init(_ value: any TOMLValueConvertible) {
        switch value.type {
        case .string: self = .string(value.string ?? "")
        case .int: self = .integer(value.int ?? 0)
        case .double: self = .float(value.double ?? .nan)
        case .bool: self = .boolean(value.bool ?? false)
        case .date, .time, .dateTime: self = .date
        case .array: self = .list((value.array ?? []).map { RawValue($0) })
        case .table: self = .table(value.table.map(Self.values) ?? [:])
        }
    }
}
