import ArgumentParser
import Console
import SASL

/// `posthorse hash-password`: reads a password, prints its hash for relay.conf.
struct HashPasswordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hash-password",
        abstract: "Print the hash of a password, for password_hash in relay.conf.",
        discussion: """
            Reads the password from the first line of standard input; on a terminal, asks for it twice without showing \
            it. Prints the hash alone on one line: scrypt for PLAIN and LOGIN, and keys for SCRAM-SHA-256. Exits with \
            65 if the password is empty, longer than 1024 bytes, or not text in UTF-8.
            """)

    @Flag(help: "Leave out the keys for SCRAM-SHA-256.")
    var scryptOnly = false

    func run() throws {
        let password = try PasswordPrompt().read()
        let hash: PasswordHash
        do throws(PasswordHashError) {
            hash = try PasswordHash(password: password, includesSCRAM: !scryptOnly)
        } catch {
            throw Failure(.badInput, "\(error)")
        }
        var output = Output()
        output.line(hash.text)
        output.flush()
    }
}
