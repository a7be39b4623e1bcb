import Admin
import Configuration
import Console
import Delivery

/// Where the relay is that a command means: by `--server` or `--socket`, else by relay.conf, even one that is unusable at the moment.
struct RelayPlace: Sendable {
    let address: RelayAddress
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
        if let server = try options.location.serverAddress() {
            address = .server(server)
            self.options = options.location.serverWords
            (configuration, trouble) = (nil, nil)
            return
        }
        if let socket = options.location.socket.map(Invocation.current.absolute) {
            address = .socket(socket)
            self.options = " --socket \(Invocation.quoted(socket))"
            configuration = options.options.config == nil ? nil : try? options.options.load()
            trouble = nil
            return
        }
        self.options = options.options.words
        do throws(Failure) {
            let configuration = try options.options.load()
            address = .socket(configuration.adminSocket)
            self.configuration = configuration
            trouble = nil
        } catch {
            guard let found = RelayConfiguration.adminSocket(inDamaged: config) else { throw error.withSocketHint }
            address = .socket(found)
            configuration = nil
            trouble = error
            Failure.report("\(Self.doubt(about: config)); asking the relay at \(found)")
        }
    }

    /// Why this command cannot use a file that the relay may run with.
    private static func doubt(about config: String) -> String {
        let errors = RelayConfiguration.check(path: config).problems.filter { $0.severity == .error }
        let names = Set(errors.compactMap(\.unsetVariable)).sorted()
        guard !names.isEmpty, errors.allSatisfy({ $0.unsetVariable != nil }) else {
            return "\(config) cannot be used in its present state"
        }
        let list = names.joined(separator: ", ")
        let (verb, them) = names.count == 1 ? ("is", "it") : ("are", "them")
        return "\(list) in \(config) \(verb) not set in this shell, and the relay may have \(them)"
    }

    /// relay.conf, if a stopped relay's data directory has all that it keeps. What is in a database, only a relay shows.
    var readable: RelayConfiguration? { configuration?.cluster == nil ? configuration : nil }

    /// The failure for a request without an answer.
    func failure(_ error: AdminClientError) -> Failure {
        if case .notRunning = error, let trouble { return trouble }
        switch address {
        case .socket:
            let failure = Failure(error, config: config)
            guard case .notRunning = error, configuration?.cluster != nil else { return failure }
            return Failure(
                failure.status, failure.message + "\nWhat it keeps is in a database, which only a running relay shows.")
        case .server: return Failure(error)
        }
    }

    /// If the file names an upstream that the running relay does not know: it has been added since.
    func missesReload(for upstream: String) -> Failure? {
        guard let configuration, configuration.adminSocket == address.text,
            configuration.delivery.upstreams.contains(where: { $0.name == upstream })
        else { return nil }
        return Failure(
            .noSuchMessage,
            "upstream \(upstream) is in \(config), but not in the running relay: \"posthorse reload\" brings it into use"
        )
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
