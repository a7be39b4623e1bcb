import Access
import ArgumentParser
import Console
import TLS

/// `posthorse token …`: tokens for the API.
struct TokenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Make tokens for the API.", subcommands: [TokenCreateCommand.self])
}

/// `posthorse token create`: makes a token.
struct TokenCreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Make a token for the API, and its hash for relay.conf.",
        discussion: """
            Prints two lines: "token" and the token, which its owner keeps secret, and "hash" and its hash, for an \
            [[admin.token]] of relay.conf. The token is stored nowhere else. Needs no configuration and no relay.
            """)

    @Option(
        help: ArgumentHelp(
            "What it is for: adds the [[admin.token]] of that role, on standard error.",
            valueName: "read|send|operate"))
    var role: AccessRole?

    func run() throws {
        let token: NewToken
        do throws(TLSError) {
            token = try NewToken()
        } catch {
            throw Failure(.tryAgain, "\(error)")
        }
        var output = Output()
        output.line("token \(token.text)")
        output.line("hash \(token.hash.text)")
        output.flush()
        if let role { Self.explain(role, token) }
    }

    /// On standard error, so that the output has two lines.
    private static func explain(_ role: AccessRole, _ token: NewToken) {
        var output = Output(descriptor: 2)
        let user = role == .send ? "\nuser = \"NAME\"    # the [[user]] whose mail it hands in" : ""
        output.line(
            """
            For relay.conf:
            [[admin.token]]
            name = "NAME"
            hash = "\(token.hash.text)"
            role = "\(role.rawValue)"\(user)
            """)
        output.flush()
    }
}

extension AccessRole: ExpressibleByArgument {}
