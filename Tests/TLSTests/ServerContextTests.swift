import Mail
import COpenSSL
import NIOCore
import TestKit
import Testing

@testable import TLS

@Suite("A server's certificates")
struct ServerContextTests {
    /// A way to break the files, and the expected error.
    struct Fault: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let message: String
        let spoil: @Sendable (TestCertificates, TLSCertificateFiles) throws -> Void
    }

    static let faults: [Fault] = [
        Fault(testDescription: "missing certificate", message: "mx.example.com.pem cannot be opened: No such file") {
            try removeFile($1.certificate)
        },
        Fault(testDescription: "missing key", message: "mx.example.com.key cannot be opened: No such file") {
            try removeFile($1.privateKey)
        },
        Fault(testDescription: "a directory", message: "mx.example.com.pem is not a regular file") { _, files in
            try removeFile(files.certificate)
            try makeDirectory(files.certificate)
        },
        Fault(testDescription: "not PEM", message: "mx.example.com.pem holds no certificate in PEM form") {
            try writeFile("hello", to: $1.certificate)
        },
        Fault(testDescription: "empty key", message: "mx.example.com.key holds no private key in PEM form") {
            try writeFile("", to: $1.privateKey)
        },
        Fault(testDescription: "damaged", message: "mx.example.com.pem holds an unreadable certificate") {
            try writeFile(readFile($1.certificate).replacing("MII", with: "NII"), to: $1.certificate)
        },
        Fault(testDescription: "half a file", message: "mx.example.com.pem holds an unreadable certificate") {
            try writeFile(String(readFile($1.certificate).prefix(200)), to: $1.certificate)
        },
        Fault(testDescription: "encrypted key", message: "mx.example.com.key holds an unreadable private key") {
            try writeFile(encryptedKey, to: $1.privateKey)
        },
        Fault(testDescription: "another key", message: "mx.example.com.key does not match the certificate in") {
            try copyFile(from: $0.server("other").privateKey, to: $1.privateKey)
        },
        Fault(testDescription: "another kind of key", message: "mx.example.com.key does not match the certificate in") {
            try copyFile(from: $0.server("other", key: .rsa).privateKey, to: $1.privateKey)
        },
        Fault(testDescription: "expired", message: "mx.example.com.pem holds a certificate that has expired") {
            certificates, _ in
            _ = try certificates.make("mx.example.com", .init(notBefore: -7200, notAfter: -1))
        },
        Fault(testDescription: "authorities", message: "ca.pem holds no certificate in PEM form") { certificates, _ in
            try writeFile("hello", to: certificates.authorityFile)
        },
    ]

    /// RFC 7468.
    @Test("are all rejected at start and at reload, which then changes nothing", arguments: faults)
    func fault(_ fault: Fault) throws {
        let certificates = try TestCertificates()
        let files = try certificates.server()
        let stage = try Stage(certificates, files: [files], clientCA: certificates.authorityFile)
        try fault.spoil(certificates, files)
        let settings = TLSServerSettings(certificates: [files], clientCA: certificates.authorityFile)
        for attempt in [{ _ = try TLSServerContext(settings) }, { try stage.server.reload() }] {
            let error = try #require(throws: TLSError.self) { try attempt() }
            #expect(error.code == .badFile)
            #expect(error.message.hasPrefix(certificates.directory.path + "/" + fault.message))
        }
        let pair = try stage.connected()
        #expect(pair.client.seen.details != nil)
        #expect(ERR_peek_error() == 0)
    }

    @Test("are required")
    func none() {
        #expect(throws: TLSError(.badFile, "a TLS server needs a certificate")) {
            _ = try TLSServerContext(TLSServerSettings(certificates: []))
        }
    }

    @Test("change with a reload, for new connections only")
    func reload() throws {
        let certificates = try TestCertificates()
        let stage = try Stage(certificates)
        let old = try stage.connected()
        _ = try certificates.make("mx.example.com", .init(hostNames: ["new.example.com"]))
        try stage.server.reload()
        #expect(try stage.connected(name: "new.example.com").client.seen.details != nil)
        #expect(try stage.withNewClient().connected().client.seen.error?.code == .untrusted)
        old.client.send("still here")
        try old.exchange()
        #expect(old.server.seen.text == "still here")
    }

    @Test("are reloaded after a change, and broken ones only once")
    func reloadIfChanged() throws {
        let certificates = try TestCertificates()
        let files = try certificates.server()
        let stage = try Stage(certificates, files: [files], clientCA: certificates.authorityFile)
        #expect(try !stage.server.reloadIfChanged())
        _ = try certificates.make("mx.example.com", .init(hostNames: ["new.example.com"]))
        #expect(try stage.server.reloadIfChanged())
        #expect(try !stage.server.reloadIfChanged())

        // The certificate is replaced first, and its key later.
        let next = try certificates.make("next", .init(hostNames: ["next.example.com"]))
        try copyFile(from: next.certificate, to: files.certificate)
        #expect(throws: TLSError.self) { try stage.server.reloadIfChanged() }
        #expect(try !stage.server.reloadIfChanged())
        #expect(try stage.connected(name: "new.example.com").client.seen.details != nil)
        try copyFile(from: next.privateKey, to: files.privateKey)
        #expect(try stage.server.reloadIfChanged())
        #expect(try stage.connected(name: "next.example.com").client.seen.details != nil)

        let others = try TestCertificates(authority: "Others")
        try copyFile(from: others.authorityFile, to: certificates.authorityFile)
        #expect(try stage.server.reloadIfChanged())
    }

    @Test("come with their intermediates")
    func chain() throws {
        let root = try TestCertificates(authority: "Root")
        let middle = try TestCertificates(signedBy: root, name: "Middle")
        let files = try middle.server()
        try writeFile(readFile(files.certificate) + readFile(middle.authorityFile), to: files.certificate)
        let server = try TLSServerContext(TLSServerSettings(certificates: [files]))
        let client = try TLSClientContext(TLSClientSettings(caFile: root.authorityFile))
        let pair = TLSPair(server, client)
        try pair.connect()
        #expect(pair.client.seen.errors.isEmpty)
        #expect(pair.client.seen.details != nil)
    }

    @Test("and a client's authorities name the broken file in errors")
    func clientAuthorities() throws {
        let certificates = try TestCertificates()
        try writeFile("nothing", to: certificates.authorityFile)
        #expect(throws: TLSError(.badFile, "\(certificates.authorityFile) holds no certificate in PEM form")) {
            _ = try TLSClientContext(TLSClientSettings(caFile: certificates.authorityFile))
        }
    }

    @Test("can be reloaded while other threads make connections")
    func concurrency() async throws {
        let stage = try Stage()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    for _ in 0..<20 {
                        let pair = try stage.connected()
                        #expect(pair.client.seen.details != nil)
                    }
                }
            }
            group.addTask {
                for _ in 0..<50 { try stage.server.reload() }
            }
            try await group.waitForAll()
        }
    }
}
