import Mail
import Testing

@testable import TLS

@Suite("Password cryptography, against the vectors of the RFCs")
struct CryptoTests {
    @Test("SHA-256 (FIPS 180-4)")
    func sha256() throws {
        #expect(
            hex(try SHA256.hash(Array("abc".utf8)))
                == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
        #expect(hex(try SHA256.hash([])) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    }

    @Test("SHA-256 in parts", arguments: [0, 1, 63, 64, 65, 1000])
    func stream(_ cut: Int) throws {
        let octets = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let stream = SHA256.Stream()
        octets[..<cut].withUnsafeBytes { stream.update($0) }
        octets[cut...].withUnsafeBytes { stream.update($0) }
        #expect(stream.finish() == (try SHA256.hash(octets)))
    }

    /// RFC 2104.
    @Test(
        "HMAC-SHA-256 (RFC 4231 section 4)",
        arguments: [
            (
                [UInt8](repeating: 0x0B, count: 20), "Hi There",
                "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
            ),
            (
                Array("Jefe".utf8), "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
            ),
            (
                [UInt8](repeating: 0xAA, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
                "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
            ),
            ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
        ])
    func hmacSHA256(_ key: [UInt8], _ text: String, _ expected: String) throws {
        #expect(hex(try HMAC.authenticate(Array(text.utf8), key: key)) == expected)
    }

    @Test(
        "HMAC-MD5 (RFC 2202 section 2)",
        arguments: [
            ([UInt8](repeating: 0x0B, count: 16), "Hi There", "9294727a3638bb1c13f48ef8158bfc9d"),
            (Array("Jefe".utf8), "what do ya want for nothing?", "750c783e6ab0b503eaa86e310a5db738"),
        ])
    func hmacMD5(_ key: [UInt8], _ text: String, _ expected: String) throws {
        #expect(hex(try HMAC.authenticate(Array(text.utf8), key: key, .md5)) == expected)
    }

    /// RFC 8018 section 5.2, RFC 5802 section 2.2.
    @Test(
        "PBKDF2 (RFC 7914 section 11)",
        arguments: [
            (
                "passwd", "salt", 1,
                "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
                    + "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783"
            ),
            (
                "Password", "NaCl", 80000,
                "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
                    + "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d"
            ),
        ])
    func pbkdf2(_ password: String, _ salt: String, _ iterations: Int, _ expected: String) throws {
        let key = try KeyDerivation.pbkdf2(
            Array(password.utf8), salt: Array(salt.utf8), iterations: iterations, count: 64)
        #expect(hex(key) == expected)
    }

    /// RFC 7914 section 6.
    @Test(
        "scrypt (RFC 7914 section 12)",
        arguments: [
            (
                "", "", 4, 1, 1,
                "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
                    + "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906"
            ),
            (
                "password", "NaCl", 10, 8, 16,
                "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
                    + "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"
            ),
            (
                "pleaseletmein", "SodiumChloride", 14, 8, 1,
                "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
                    + "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
            ),
        ])
    func scrypt(_ password: String, _ salt: String, _ n: Int, _ r: Int, _ p: Int, _ expected: String) throws {
        let memory = try #require(KeyDerivation.scryptMemory(costExponent: n, blockSize: r, parallelism: p))
        let key = try KeyDerivation.scrypt(
            Array(password.utf8), salt: Array(salt.utf8), costExponent: n, blockSize: r, parallelism: p,
            memoryLimit: memory, count: 64)
        #expect(hex(key) == expected)
    }

    /// RFC 7914 section 2.
    @Test("scrypt respects its memory limit")
    func memoryLimit() {
        let error = #expect(throws: TLSError.self) {
            try KeyDerivation.scrypt(
                [1], salt: [2], costExponent: 14, blockSize: 8, parallelism: 1, memoryLimit: 1 << 20)
        }
        #expect(error?.code == .cryptography)
        #expect(KeyDerivation.scryptMemory(costExponent: 40, blockSize: 1 << 17, parallelism: 1) == nil)
    }

    @Test("invalid costs are errors, not traps", arguments: [Int.min, -1, 0, Int.max])
    func senseless(_ number: Int) {
        #expect(throws: TLSError.self) { try KeyDerivation.pbkdf2([1], salt: [2], iterations: number) }
        #expect(throws: TLSError.self) {
            try KeyDerivation.scrypt(
                [1], salt: [2], costExponent: number, blockSize: 8, parallelism: 1, memoryLimit: 1 << 20)
        }
        #expect(KeyDerivation.scryptMemory(costExponent: number, blockSize: number, parallelism: number) == nil)
    }

    @Test("random octets have the requested count and differ")
    func random() throws {
        #expect(try SecureRandom.octets(0) == [])
        let first = try SecureRandom.octets(32)
        #expect(first.count == 32)
        #expect(first != (try SecureRandom.octets(32)))
    }

    @Test("secrets are equal if every octet is, and never if the lengths differ")
    func comparison() {
        #expect(ConstantTime.areEqual([], []))
        #expect(ConstantTime.areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!ConstantTime.areEqual([1, 2, 3], [1, 2]))
        #expect(!ConstantTime.areEqual([1, 2], [1, 2, 3]))
        #expect(!ConstantTime.areEqual([], [0]))
        #expect(!ConstantTime.areEqual([0], []))
    }

    private func hex(_ octets: [UInt8]) -> String {
        octets.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
