import Admin
import Configuration
import Console
import Delivery

/// Where the relay is that a command means: by `--socket`, else by relay.conf, even one that is unusable at the moment.
struct RelayPlace: Sendable {
    let socket: String
    /// From relay.conf, as far as it is known.
    let configuration: RelayConfiguration?
    /// The options that name this relay, as words of a command line.
    let options: String
    /// Why relay.conf cannot be used; nil if it can, or does not matter.
    private let trouble: Failure?
    private let config: String

    /// - Throws: ``Failure`` if nothing says where the admin socket is.
    init(_ options: RelayOptions) throws(Failure) {
        config = options.options.path
        if let socket = options.location.socket {
            self.socket = Invocation.current.absolute(socket)
            self.options = " --socket \(Invocation.quoted(self.socket))"
            configuration = options.options.config == nil ? nil : try? options.options.load()
            trouble = nil
            return
        }
        self.options = options.options.words
        do throws(Failure) {
            let configuration = try options.options.load()
            socket = configuration.adminSocket
            self.configuration = configuration
            trouble = nil
        } catch {
            guard let found = RelayConfiguration.adminSocket(inDamaged: config) else { throw error.withSocketHint }
            socket = found
            configuration = nil
            trouble = error
            Failure.report("\(config) cannot be used in its present state; asking the relay at \(found)")
        }
    }

    /// The failure for a request without an answer.
    func failure(_ error: AdminClientError) -> Failure {
        if case .notRunning = error, let trouble { return trouble }
        return Failure(error, config: config)
    }

    /// If the file names an upstream that the running relay does not know: it has been added since.
    func missesRestart(for upstream: String) -> Failure? {
        guard let configuration, configuration.adminSocket == socket,
            configuration.delivery.upstreams.contains(where: { $0.name == upstream })
        else { return nil }
        return Failure(
            .noSuchMessage,
            "upstream \(upstream) is in \(config), but not in the running relay: restart it to bring it into use")
    }
}

extension Failure {
    fileprivate var withSocketHint: Failure {
        Failure(status, message + "\nA running relay can still be asked: name its admin socket with --socket.")
    }
}

extension ConfigOption {
    /// ` --config FILE`, unless the relay is the default one; valid in any directory.
    var words: String {
        let isNamed = config != nil || RelayConfiguration.defaultPath() != path
        return isNamed ? " --config \(Invocation.quoted(path))" : ""
    }
}
