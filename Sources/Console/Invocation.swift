import FoundationEssentials
import Glibc

/// How this program was invoked, as words for a shell in any directory.
package struct Invocation {
    /// The program: `posthorse` if the shell found it by that name, else its absolute path; quoted if necessary.
    package let program: String
    private let directory: String

    /// - Parameters:
    ///   - name: the first word of the command line.
    ///   - executable: the file of the program.
    package init(name: String, executable: String, directory: String) {
        let isFoundByName = !name.isEmpty && !name.contains("/")
        program = Self.quoted(isFoundByName ? name : executable)
        self.directory = directory
    }

    package static let current = Invocation(
        name: isInPath(CommandLine.arguments[0]) ? CommandLine.arguments[0] : "", executable: executable,
        directory: FileManager.default.currentDirectoryPath)

    /// Whether a shell finds this very program by that name.
    private static func isInPath(_ name: String) -> Bool {
        let directories = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let files = directories.map { directory -> String in "\(directory)/\(name)" }
        guard let file = files.first(where: { access($0, X_OK) == 0 }) else { return false }
        return canonical(file) == canonical(executable)
    }

    private static func canonical(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    /// The file of this program.
    package static var executable: String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    }

    /// A path with the same meaning in every directory.
    package func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/") else { return path }
        let relative = path.hasPrefix("./") ? String(path.dropFirst(2)) : path
        return directory.hasSuffix("/") ? directory + relative : "\(directory)/\(relative)"
    }

    /// Quoted unless it is a plain word to a shell; control characters become visible.
    package static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_./:@%+=,-".utf8.contains(byte)
                }
            }
        let shown = Printable.line(text)
        return isPlain ? shown : "'\(shown.replacing("'", with: "'\\''"))'"
    }
}
