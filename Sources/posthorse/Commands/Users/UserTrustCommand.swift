import Admin
import ArgumentParser
import Console

/// `posthorse user trust`.
struct UserTrustCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trust",
        abstract: "End the suspicion of a user.",
        discussion: """
            The busiest ten minutes since the suspicion began count as usual from now on. Mail that is held stays held: \
            "queue release --user NAME" lets it go. Exits with 66 if there is no such user with a guard.
            """)

    @OptionGroup var options: RelayOptions
    @OptionGroup var output: JSONOption
    @OptionGroup var reason: ReasonOption
    @Flag(help: "Print what would be done, and change nothing.")
    var dryRun = false
    @Argument(help: "The user's name, as in \"user list\".")
    var name: String

    func run() async throws {
        let order = TrustDocument(user: name, reason: reason.text, dryRun: dryRun)
        let user = try await RelayClient(options).ask {
            try await $0.post(order, to: AdminPath.userTrust, for: UserDocument.self)
        }
        var standardOutput = Output(loss: .ignored)
        if output.json {
            standardOutput.write(try AdminJSON.line(user))
        } else {
            standardOutput.line(Printable.line(words(user)))
        }
        standardOutput.flush()
    }

    private func words(_ user: UserDocument) -> String {
        switch (dryRun, user.state) {
        case (true, "suspected"): "\(user.name) would be trusted."
        case (true, _): "\(user.name) is not suspected."
        case (false, _): "\(user.name) is trusted."
        }
    }
}
