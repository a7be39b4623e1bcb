import Console
import FoundationEssentials
import Glibc

/// The temporary directory of a demo or a drill: configuration, spool, socket, and a mail to send.
package struct DemoDirectory: Sendable {
    package let path: String

    package var configuration: String { path + "/relay.conf" }
    package var socket: String { path + "/admin.sock" }
    package var passwordFile: String { path + "/mailbox-password" }
    var mail: String { path + "/hello.eml" }

    /// - Parameter purpose: a word for its name.
    /// - Throws: ``Failure`` if the directory cannot be created.
    package init(
        purpose: String = "demo", environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        var template = Array("\(Self.parent(environment))/posthorse-\(purpose)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(.tryAgain, "cannot make a temporary directory: \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Writes the password of the mailboxes, which must be there before they are.
    ///
    /// - Throws: the error of the file.
    package func writePassword() throws {
        try "\(DemoSinks.password)\n".write(toFile: passwordFile, atomically: false, encoding: .utf8)
    }

    /// Writes the configuration and the mail.
    ///
    /// - Throws: the error of a file.
    package func fill(_ settings: DemoConfiguration, _ sinks: DemoSinks) throws {
        try settings.text(self, sinks).write(toFile: configuration, atomically: false, encoding: .utf8)
        try Self.hello.write(toFile: mail, atomically: false, encoding: .utf8)
    }

    package func remove() {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// TMPDIR, unless the socket's path would become too long there.
    private static func parent(_ environment: [String: String]) -> String {
        guard let given = environment["TMPDIR"], given.hasPrefix("/"), given.utf8.count < 60 else { return "/tmp" }
        return given
    }

    private static let hello = """
        From: you@example.org\r
        To: friend@example.net\r
        Subject: Hello\r
        \r
        A first mail through Posthorse.\r

        """
}
