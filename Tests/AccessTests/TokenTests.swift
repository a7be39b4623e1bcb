import Access
import Testing

@Suite("Tokens")
struct TokenTests {
    @Test("a new token is long, of letters, digits, _ and -, and never the same")
    func new() throws {
        let tokens = try (0..<100).map { _ in try NewToken() }
        for token in tokens {
            #expect(token.text.wholeMatch(of: /[A-Za-z0-9_-]{40,}/) != nil, "\(token.text)")
            #expect(token.hash == TokenHash(of: token.text))
        }
        #expect(Set(tokens.map(\.text)).count == tokens.count)
    }

    // SHA-256 of "abc": FIPS 180-4, its well-known example.
    @Test("a hash is the digest in base 64, behind its name")
    func hash() throws {
        let text = "$sha256$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0="
        #expect(TokenHash(of: "abc").text == text)
        let read = try #require(TokenHash(text: text))
        #expect(read.matches(TokenHash(of: "abc")))
        #expect(!read.matches(TokenHash(of: "abd")) && !read.matches(TokenHash(of: "")))
    }

    @Test(
        "anything else is no hash",
        arguments: [
            "", "abc", "$sha256$", "$sha256$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0",
            "$sha256$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIA", "$sha512$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
            " $sha256$ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=",
        ])
    func noHash(text: String) {
        #expect(TokenHash(text: text) == nil)
    }

    @Test("the directory knows each token, no other, and none that has been replaced")
    func directory() throws {
        let made = try (0..<3).map { _ in try NewToken() }
        let tokens = made.enumerated().map { AccessToken(name: "t\($0)", hash: $1.hash, role: .read) }
        let directory = TokenDirectory(tokens)
        for (index, token) in made.enumerated() { #expect(directory.token(token.text) == tokens[index]) }
        for wrong in ["", "x", made[0].text + " ", String(made[0].text.dropLast()), made[0].hash.text] {
            #expect(directory.token(wrong) == nil)
        }
        directory.replace(with: [tokens[1]])
        #expect(directory.token(made[0].text) == nil)
        #expect(directory.token(made[1].text) == tokens[1])
    }

    @Test("operate includes the other roles, which include nothing")
    func roles() {
        for needed in AccessRole.allCases {
            #expect(AccessRole.operate.allows(needed))
            #expect(AccessRole.read.allows(needed) == (needed == .read))
            #expect(AccessRole.send.allows(needed) == (needed == .send))
        }
    }
}
