import Foundation
import TLS
import TestKit

/// The API of a relay over TCP, as curl sees it.
struct API {
    struct Token {
        let text: String
        let hash: String

        /// What `posthorse token create` prints.
        init() throws {
            let program = try Program(Posthorse.executable, ["token", "create"])
            guard try program.waitForExit() == .code(0) else { throw ScenarioError(program.lastWords) }
            let words = program.output.current.lines.map { $0.split(separator: " ").map(String.init) }
            guard words.map(\.first) == ["token", "hash"], words.allSatisfy({ $0.count == 2 }) else {
                throw ScenarioError("token create: \(words)")
            }
            (text, hash) = (words[0][1], words[1][1])
        }

        /// An `[[admin.token]]`.
        func table(_ name: String, _ role: String, user: String? = nil) -> [String] {
            ["[[admin.token]]", "name = \"\(name)\"", "hash = \"\(hash)\"", "role = \"\(role)\""]
                + (user.map { ["user = \"\($0)\""] } ?? [])
        }
    }

    struct Answer {
        let status: Int
        let body: String

        subscript(name: String) -> Any? {
            ((try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any])?[name]
        }
    }

    /// `http://127.0.0.1:8025`.
    let url: String
    var token: Token?
    /// Trusted authorities; nil for no TLS.
    var authorities: String?

    /// Of a relay with `[admin] http = "127.0.0.1:0"`.
    init(_ relay: Relay, token: Token? = nil, authorities: String? = nil) throws {
        let address = try relay.process.waitForErrors("line \"api_listening\"") { lines in
            lines.lazy.filter { $0.contains("\"event\":\"api_listening\"") }.compactMap { LogLine($0)?.address }.first
        }
        url = (authorities == nil ? "http://" : "https://") + address
        self.token = token
        self.authorities = authorities
    }

    /// Asks by curl.
    func curl(_ path: String, _ options: String...) throws -> Answer {
        var words = ["-sS", "--max-time", "20", "-w", "\\n%{http_code}\\n"]
        if let token { words += ["-H", "Authorization: Bearer \(token.text)"] }
        if let authorities { words += ["--cacert", authorities] }
        let text = try Tool.run("curl", words + options + [url + path])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let status = lines.last.flatMap({ Int($0) }) else { throw ScenarioError("curl: \(text)") }
        return Answer(status: status, body: lines.dropLast().joined(separator: "\n"))
    }
}
