internal import NIOCore
internal import NIOSSL
internal import TLS

/// Creates the handler of either library for each connection.
struct TLSFactory: Sendable {
    private enum Library {
        case ours(TLSServerContext)
        case nioSSL(NIOSSLContext)
    }

    private let implementation: Library

    init(library: String, certificate: String, key: String) throws {
        if library == "nio-ssl" {
            let chain = try NIOSSLCertificate.fromPEMFile(certificate).map { NIOSSLCertificateSource.certificate($0) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(try NIOSSLPrivateKey(file: key, format: .pem)))
            configuration.minimumTLSVersion = .tlsv12
            implementation = .nioSSL(try NIOSSLContext(configuration: configuration))
        } else {
            let files = TLSCertificateFiles(certificate: certificate, privateKey: key)
            implementation = .ours(try TLSServerContext(TLSServerSettings(certificates: [files])))
        }
    }

    func insert(into pipeline: ChannelPipeline.SynchronousOperations) throws {
        switch implementation {
        case .ours(let context): try pipeline.addHandler(TLSHandler(server: context), position: .first)
        case .nioSSL(let context): try pipeline.addHandler(NIOSSLServerHandler(context: context), position: .first)
        }
    }
}
