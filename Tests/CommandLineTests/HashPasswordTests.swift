import Foundation
import SASL
import Testing

@Suite("posthorse hash-password")
struct HashPasswordTests {
    private func run(_ input: String, _ arguments: [String] = []) throws -> Program {
        let directory = try TemporaryDirectory()
        return try Program.run(["hash-password"] + arguments, in: directory.path, input: Array(input.utf8))
    }

    @Test(
        "Prints only the hash of the first line, on one line",
        arguments: ["secret", "secret\n", "secret\r\n", "secret\nmore\n"])
    func firstLine(_ input: String) throws {
        let result = try run(input, ["--scrypt-only"])
        #expect(result.status == 0)
        #expect(result.errors.isEmpty)
        #expect(result.output.hasSuffix("\n"))
        let hash = try PasswordHash(text: String(result.output.dropLast()))
        #expect(hash.scramKeys == nil)
        #expect(try hash.verify(Array("secret".utf8)))
    }

    @Test("Includes SCRAM keys by default, and keeps spaces and dollar signs")
    func scram() throws {
        let hash = try PasswordHash(text: String(try run(" grün $x \n").output.dropLast()))
        #expect(try hash.verify(Array(" grün $x ".utf8)))
        #expect(hash.scramKeys?.iterations == 65_536)
    }

    @Test(
        "Says why there is no hash, and shows nothing of the password",
        arguments: [
            ("", "the password is empty"), ("\n", "the password is empty"), ("\r\nsecret", "the password is empty"),
            (String(repeating: "q", count: 1025), "the password is longer than 1024 octets"),
            (String(repeating: "q", count: 100_000), "the password is longer than 1024 octets"),
            ("qq\u{7}", "the password is not UTF-8 or has control characters"),
        ])
    func refused(_ input: String, _ message: String) throws {
        let result = try run(input)
        #expect(result.status == 65)
        #expect(result.errors == "posthorse: \(message)\n")
        #expect(result.output.isEmpty)
    }

    @Test("The password is not an argument")
    func argument() throws {
        let result = try run("", ["secret"])
        #expect(result.status == 64)
        #expect(result.output.isEmpty)
    }
}
