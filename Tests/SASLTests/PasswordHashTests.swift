import SASL
import TLS
import Testing

@Suite("Password hash")
struct PasswordHashTests {
    private static let cheap = Users.cheap

    @Test("verifies its password and no other, before and after serialization", arguments: [true, false])
    func verify(_ includesSCRAM: Bool) throws {
        let made = try PasswordHash(
            password: Array("pässwörd $".utf8), cost: Self.cheap, includesSCRAM: includesSCRAM)
        let read = try PasswordHash(text: made.text)
        #expect(read == made)
        #expect((read.scramKeys != nil) == includesSCRAM)
        for hash in [made, read] {
            #expect(try hash.verify(Array("pässwörd $".utf8)))
            #expect(try !hash.verify(Array("pässwörd".utf8)))
            #expect(try !hash.verify([]))
            #expect(try !hash.verify([0xFF]))
            #expect(try !hash.verify([UInt8](repeating: 0x61, count: 2000)))
        }
    }

    @Test("is safe in TOML and in a shell's single quotes, and differs each time")
    func text() throws {
        let text = try PasswordHash(password: [0x61], cost: Self.cheap).text
        #expect(
            text.wholeMatch(
                of:
                    /\$scrypt\$ln=10,r=1,p=1\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{43}\$scram-sha-256\$i=4096\$[A-Za-z0-9+\/]{22}\$[A-Za-z0-9+\/]{43}\$[A-Za-z0-9+\/]{43}/
            ) != nil)
        #expect(text != (try PasswordHash(password: [0x61], cost: Self.cheap).text))
        #expect(
            PasswordCost.standard == PasswordCost(exponent: 14, blockSize: 8, parallelism: 5, scramIterations: 65_536))
    }

    @Test("works if made elsewhere: the example of RFC 7914 section 12")
    func vector() throws {
        let hash = try PasswordHash(
            text: "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf"
                + "046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw")
        #expect(try hash.verify(Array("pleaseletmein".utf8)))
        #expect(try !hash.verify(Array("pleaseletmeIn".utf8)))
    }

    @Test(
        "is refused for invalid passwords",
        arguments: [[], [0x61, 0], [0xC3], [UInt8](repeating: 0x61, count: 1025)])
    func noPassword(_ password: [UInt8]) {
        #expect(throws: PasswordHashError.self) { try PasswordHash(password: password, cost: Self.cheap) }
    }

    private static let salt = "AAAAAAAAAAAAAAAAAAAAAA"
    private static let key = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

    @Test(
        "reports errors in its text",
        arguments: [
            ("", "it does not begin with \"$scrypt$\""), ("secret", "it does not begin with \"$scrypt$\""),
            ("$2y$10$abc", "its kind is not \"scrypt\""), ("$scrypt", "it has 1 parts, not 4 or 9"),
            ("$scrypt$ln=14,r=8,p=5$\(salt)", "it has 3 parts, not 4 or 9"),
            ("$scrypt$ln=14,r=8$\(salt)$\(key)", "its costs are not written \"ln=…,r=…,p=…\""),
            ("$scrypt$r=8,ln=14,p=5$\(salt)$\(key)", "its costs are not written \"ln=…,r=…,p=…\""),
            ("$scrypt$ln=014,r=8,p=5$\(salt)$\(key)", "its costs are not written \"ln=…,r=…,p=…\""),
            ("$scrypt$ln=-1,r=8,p=5$\(salt)$\(key)", "its costs are not written \"ln=…,r=…,p=…\""),
            ("$scrypt$ln=9,r=8,p=5$\(salt)$\(key)", "ln is 9, it may be 10 to 20"),
            ("$scrypt$ln=21,r=1,p=1$\(salt)$\(key)", "ln is 21, it may be 10 to 20"),
            ("$scrypt$ln=9999999999,r=1,p=1$\(salt)$\(key)", "ln is 9999999999, it may be 10 to 20"),
            ("$scrypt$ln=20,r=8,p=1$\(salt)$\(key)", "ln and r ask for 1024 MiB, it may be 256"),
            ("$scrypt$ln=14,r=33,p=1$\(salt)$\(key)", "r is 33, it may be 1 to 32"),
            ("$scrypt$ln=14,r=8,p=17$\(salt)$\(key)", "p is 17, it may be 1 to 16"),
            ("$scrypt$ln=14,r=8,p=5$AAAA$\(key)", "its salt has 3 octets, not 8 to 64"),
            ("$scrypt$ln=14,r=8,p=5$\(salt)==$\(key)", "its salt is not base 64 without padding"),
            ("$scrypt$ln=14,r=8,p=5$\(salt)$AAAA", "its hash has 3 octets, not 16 to 64"),
            ("$scrypt$ln=14,r=8,p=5$\(salt)$AAA A", "its hash is not base 64 without padding"),
            (
                "$scrypt$ln=14,r=8,p=5$\(salt)$\(key)$scram-sha-1$i=4096$\(salt)$\(key)$\(key)",
                "the kind of its second half is not \"scram-sha-256\""
            ),
            (
                "$scrypt$ln=14,r=8,p=5$\(salt)$\(key)$scram-sha-256$i=4095$\(salt)$\(key)$\(key)",
                "i is 4095, it may be 4096 to 10000000"
            ),
            (
                "$scrypt$ln=14,r=8,p=5$\(salt)$\(key)$scram-sha-256$i=4096$\(salt)$\(key)$\(salt)",
                "its server key has 16 octets, not 32"
            ),
        ])
    func malformed(_ text: String, _ message: String) {
        let error = #expect(throws: PasswordHashError.self) { try PasswordHash(text: text) }
        #expect(error?.description == message)
    }

    @Test("decoys refuse all passwords")
    func decoy() throws {
        let hash = try PasswordHash.decoy(cost: Self.cheap)
        #expect(try !hash.verify([0x61]))
        #expect(hash.scramKeys == nil)
    }

    /// RFC 3454, RFC 4013.
    @Test(
        "names and passwords are prepared as in RFC 4013 section 3, except for normalization",
        arguments: [
            ("I\u{AD}X", "IX"), ("user", "user"), ("USER", "USER"), ("a\u{A0}b", "a b"), ("\u{7}", nil), ("", nil),
            ("\u{AD}", nil), ("a\u{E000}", nil), ("a\u{FFFF}", nil), ("a\u{200E}", nil), ("🙂", "🙂"),
        ] as [(String, String?)])
    func preparation(_ text: String, _ expected: String?) {
        #expect(StringPreparation.prepare(Array(text.utf8)) == expected.map { Array($0.utf8) })
    }
}
