import Admin
import ArgumentParser
import Console
import FoundationEssentials

/// Where the relay is that a command talks to.
struct LocationOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Admin socket of the relay; by default the one named in the configuration.", valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "Address of the relay's API over TCP, such as https://relay.example.com:8025.", valueName: "url"))
    var server: String?

    @Option(help: ArgumentHelp("File with the token for --server.", valueName: "file"))
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "Authorities for the certificate of --server, as PEM; by default the system's.", valueName: "file"))
    var caFile: String?

    /// Whether they name a relay, so that relay.conf does not count.
    var isGiven: Bool { socket != nil || server != nil }

    func validate() throws {
        if socket != nil, server != nil { throw ValidationError("--socket and --server name two relays: give one.") }
        if server != nil, tokenFile == nil { throw ValidationError("--server needs --token-file.") }
        if server == nil, tokenFile != nil || caFile != nil {
            throw ValidationError("--token-file and --ca-file are for --server.")
        }
    }

    /// The relay that ``server`` names; nil if it names none.
    func serverAddress() throws(Failure) -> ServerAddress? {
        guard let server, let tokenFile else { return nil }
        let token = try Self.token(in: tokenFile)
        do throws(ServerAddress.Problem) {
            return try ServerAddress(url: server, token: token, caFile: caFile)
        } catch {
            throw Failure(.usage, "--server: \(error)")
        }
    }

    /// As words of a command line, valid in any directory.
    var serverWords: String {
        let files = [("--token-file", tokenFile), ("--ca-file", caFile)].compactMap { name, file in
            file.map { (name, Invocation.current.absolute($0)) }
        }
        return ([("--server", server ?? "")] + files).map { " \($0) \(Invocation.quoted($1))" }.joined()
    }

    /// The first word of the file, or the second of a line "token …" as "token create" prints it.
    private static func token(in file: String) throws(Failure) -> String {
        guard let data = FileManager.default.contents(atPath: file) else {
            throw Failure(.badInput, "cannot read the token file \(file)")
        }
        let words = String(decoding: data.prefix(4096), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        guard let token = words.first == "token" ? words.dropFirst().first : words.first,
            token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
        else { throw Failure(.badInput, "there is no token in \(file)") }
        return String(token)
    }
}
