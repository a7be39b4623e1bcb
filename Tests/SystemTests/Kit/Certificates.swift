import TLS
import TestKit

extension TestCertificates {
    /// The name in every valid certificate of a scenario.
    static let name = "mx.example.com"

    /// Options of a sink with TLS.
    func sinkOptions(_ mode: String, _ files: TLSCertificateFiles? = nil) throws -> [String] {
        let files = try files ?? server(Self.name)
        return ["--tls", mode, "--certificate", files.certificate, "--private-key", files.privateKey]
    }

    /// Lines of an upstream that trusts these certificates.
    func upstreamLines(_ mode: String) -> [String] {
        mode == "opportunistic"
            ? ["tls = \"opportunistic\""]
            : ["tls = \"\(mode)\"", "ca_file = \"\(authorityFile)\"", "tls_name = \"\(Self.name)\""]
    }

    /// For a name and for the address that clients connect to.
    func listenerFiles(commonName: String = name) throws -> TLSCertificateFiles {
        try make("listener", Request(commonName: commonName, hostNames: [Self.name], addresses: ["127.0.0.1"]))
    }

    /// Lines of a listener with one of these certificates.
    func listenerLines(_ mode: String) throws -> [String] {
        let files = try listenerFiles()
        return [
            "tls = \"\(mode)\"", "certificate = \"\(files.certificate)\"", "private_key = \"\(files.privateKey)\"",
        ]
    }
}
