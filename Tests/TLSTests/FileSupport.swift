import Foundation

/// Puts the content of one file into another, as a whole.
func copyFile(from source: String, to target: String) throws {
    try Data(contentsOf: URL(fileURLWithPath: source)).write(to: URL(fileURLWithPath: target), options: .atomic)
}

func writeFile(_ text: String, to path: String) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: path), options: .atomic)
}

func removeFile(_ path: String) throws {
    try FileManager.default.removeItem(atPath: path)
}

func readFile(_ path: String) throws -> String {
    try String(contentsOfFile: path, encoding: .utf8)
}
