import Foundation

/// A process's fields in `/proc/PID/status`, by name.
struct ProcessStatus {
    private let values: [String: String]

    init(_ pid: pid_t) throws {
        let text = try String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8)
        let pairs = text.split(separator: "\n").compactMap { line -> (String, String)? in
            guard let colon = line.firstIndex(of: ":") else { return nil }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            return (String(line[..<colon]), value)
        }
        values = Dictionary(pairs) { first, _ in first }
    }

    subscript(_ name: String) -> String? { values[name] }
}
