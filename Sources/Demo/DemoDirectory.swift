internal import Access
import Console
import FoundationEssentials
import Glibc

/// The temporary directory of a demo: configuration, spool, socket, and a mail to send.
package struct DemoDirectory: Sendable {
    package let path: String

    var configuration: String { path + "/relay.conf" }
    var mail: String { path + "/hello.eml" }

    /// - Throws: ``Failure`` if the directory cannot be created.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) throws {
        var template = Array("\(Self.parent(environment))/posthorse-demo-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw Failure(.tryAgain, "cannot make a temporary directory: \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    }

    /// Writes the configuration and the mail.
    ///
    /// - Parameters:
    ///   - api: where the API and the page are, such as `127.0.0.1:8025`.
    ///   - token: of whoever may use them.
    func fill(
        listener: String, api: String, token: TokenHash, upstreams: [(name: String, address: String)]
    ) throws {
        try Self.configuration(path, listener, api, token, upstreams).write(
            toFile: configuration, atomically: false, encoding: .utf8)
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

    /// Retries and circuits have short times here, so that there is something to see.
    private static func configuration(
        _ path: String, _ listener: String, _ api: String, _ token: TokenHash,
        _ upstreams: [(name: String, address: String)]
    ) -> String {
        let head = """
            hostname = "demo.posthorse.example"

            [spool]
            path = "\(path)/spool"
            min_free_space = "1MiB"

            [admin]
            socket = "\(path)/admin.sock"
            http = "\(api)"

            [[admin.token]]
            name = "demo"
            hash = "\(token.text)"
            role = "operate"

            [log]
            format = "json"

            [circuit]
            consecutive_failures = 3
            open_duration = "3s"

            [recovery]
            step_duration = "2s"

            [retry]
            initial = "2s"
            max = "10s"

            [[listener]]
            address = "\(listener)"

            """
        return upstreams.reduce(head) { text, upstream in
            text + """

                [[upstream]]
                name = "\(upstream.name)"
                address = "\(upstream.address)"

                """
        }
    }

    private static let hello = """
        From: you@example.org\r
        To: friend@example.net\r
        Subject: Hello\r
        \r
        A first mail through Posthorse.\r

        """
}
