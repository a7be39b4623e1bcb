internal import Mail
internal import TLS

/// The API of a relay over TCP, and the token for it.
package struct ServerAddress: Sendable {
    /// `https://relay.example.com:8025`.
    package let url: String
    /// Without brackets.
    let host: String
    let port: Int
    /// As in Host.
    let authority: String
    let token: String
    /// nil without TLS.
    let tls: TLSClientContext?

    /// Why an address cannot be used; a sentence for people.
    package struct Problem: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// - Parameters:
    ///   - url: `http` or `https`, a host, and a port or none.
    ///   - caFile: authorities for its certificate; nil for the system's.
    /// - Throws: ``Problem`` for any other URL, for one that would show the token to a network, and for files that cannot
    ///   be read.
    package init(url: String, token: String, caFile: String? = nil) throws(Problem) {
        let text = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.url = text
        self.token = token
        let isEncrypted = text.lowercased().hasPrefix("https://")
        guard isEncrypted || text.lowercased().hasPrefix("http://") else { throw Self.notURL(url) }
        authority = String(text.dropFirst(isEncrypted ? 8 : 7))
        guard let place = Self.place(authority, port: isEncrypted ? 443 : 80) else { throw Self.notURL(url) }
        (host, port) = place
        guard isEncrypted || host == "localhost" || IPAddress(host)?.isLoopback == true else {
            throw Problem(description: "\(text) would send the token in clear text: use https")
        }
        do throws(TLSError) {
            tls = isEncrypted ? try TLSClientContext(TLSClientSettings(caFile: caFile)) : nil
        } catch {
            throw Problem(description: "\(error)")
        }
    }

    private static func notURL(_ url: String) -> Problem {
        Problem(description: "\"\(url)\" is no address of a relay; write for example https://relay.example.com:8025")
    }

    private static func place(_ authority: String, port: Int) -> (host: String, port: Int)? {
        let isBracketed = authority.hasPrefix("[")
        let end = isBracketed ? authority.firstIndex(of: "]") : authority.firstIndex(of: ":") ?? authority.endIndex
        guard let end else { return nil }
        let host = authority[..<end].drop { $0 == "[" }
        let rest = authority[end...].drop { $0 == "]" }
        guard !host.isEmpty, !host.contains(where: { "/?#@ ".contains($0) }), isBracketed == (host.contains(":")) else {
            return nil
        }
        guard !rest.isEmpty else { return (String(host), port) }
        guard rest.first == ":", let port = Int(rest.dropFirst()), (1...65535).contains(port) else { return nil }
        return (String(host), port)
    }
}
