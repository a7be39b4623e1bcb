import Console
import Glibc
import SASL

/// Reads a password: a line of standard input, or typed twice on a terminal without echo.
struct PasswordPrompt {
    /// One octet more than a password may have, to detect longer ones, plus the line end.
    private static let limit = PasswordHash.passwordLimit + 3

    func read() throws -> [UInt8] {
        guard isatty(STDIN_FILENO) == 1 else { return try Self.line() }
        let first = try Self.ask("Password: ")
        guard try Self.ask("Again: ") == first else { throw Failure(.badInput, "the passwords differ") }
        return first
    }

    private static func ask(_ prompt: String) throws -> [UInt8] {
        let echo = try SilentTerminal()
        defer { echo.restore() }
        var output = Output(descriptor: STDERR_FILENO)
        output.write(prompt)
        output.flush()
        let password = try line()
        output.write("\n")
        output.flush()
        return password
    }

    /// The octets of a line, without its end; later ones stay unread.
    private static func line() throws -> [UInt8] {
        var octets: [UInt8] = []
        var octet: UInt8 = 0
        while octets.count < limit {
            let count = Glibc.read(STDIN_FILENO, &octet, 1)
            if count < 0 && errno == EINTR { continue }
            guard count >= 0 else {
                throw Failure(.badInput, "cannot read the password: \(String(cString: strerror(errno)))")
            }
            if count == 0 || octet == UInt8(ascii: "\n") { break }
            octets.append(octet)
        }
        if octets.last == UInt8(ascii: "\r") { octets.removeLast() }
        return octets
    }
}
