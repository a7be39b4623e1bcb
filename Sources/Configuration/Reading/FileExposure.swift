internal import Ingress
internal import Spool
#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Files with secrets that every user of the machine can read, and a data directory that others may enter. Files of
/// upstreams are checked together with their other problems.
enum FileExposure {
    /// - Parameter file: relay.conf itself.
    static func warnings(_ configuration: RelayConfiguration, from file: String) -> [ConfigurationProblem] {
        let ingress = configuration.ingress
        var exposed: [ConfigurationProblem] = []
        if !ingress.users.isEmpty, isWorldReadable(file) {
            exposed.append(warning(file, "run chmod o-r on it, or move the users to users_file"))
        }
        if let users = configuration.usersFile, !ingress.usersOfFile.isEmpty, isWorldReadable(users) {
            exposed.append(warning(users, "run chmod o-r on it"))
        }
        exposed += directory(configuration, named: file)
        return exposed
            + Set(ingress.listeners.flatMap(keys)).sorted().filter(isWorldReadable).map { key in
                ConfigurationProblem(
                    .warning, file: file, key: "listener.private_key",
                    message: "every user of this machine can read \(key)", remedy: "run chmod o-r on it")
            }
    }

    static func isWorldReadable(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IROTH != 0
    }

    /// The data directory holds mail. The group that may use the admin socket passes through it.
    private static func directory(_ configuration: RelayConfiguration, named file: String) -> [ConfigurationProblem] {
        let path = configuration.spool.path
        let hasGroup = configuration.adminGroup != nil
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & (hasGroup ? S_IXOTH : S_IXOTH | S_IXGRP) != 0 else {
            return []
        }
        return [
            ConfigurationProblem(
                .warning, file: file, key: "spool.path",
                message: "\(path) holds mail and addresses, and other users of this machine may enter it",
                remedy: "run chmod \(hasGroup ? 710 : 700) on it")
        ]
    }

    /// Readable hashes invite guessing.
    private static func warning(_ file: String, _ remedy: String) -> ConfigurationProblem {
        ConfigurationProblem(
            .warning, file: file, message: "every user of this machine can read its password hashes",
            remedy: remedy)
    }

    /// The files with the keys of a listener.
    private static func keys(of listener: ListenerSettings) -> [String] {
        guard listener.tls != nil else { return [] }
        return listener.privateKeys.isEmpty ? listener.certificates : listener.privateKeys
    }
}
