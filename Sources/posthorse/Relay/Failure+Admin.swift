import Mail
import Admin
import Console
import Spool

extension Failure {
    /// Says what to do about a relay that could not be asked.
    init(_ error: AdminClientError, config: String) {
        switch error {
        case .notRunning(let socket):
            self.init(
                .notRunning,
                """
                the relay is not running: nobody answers at \(socket); start it with \
                "posthorse serve --config \(config)", or name its configuration with --config. A relay that was started \
                before spool.path or socket was changed may still be at the old place: name that with --socket PATH
                """)
        case .forbidden(let socket):
            self.init(
                .notRunning,
                "no permission to use \(socket); run this as the relay's user, as root, or as a member of socket_group")
        case .noAnswer(let socket):
            self.init(.tryAgain, "the relay at \(socket) did not answer, or not to the end; try again")
        case .refused(let status, let message):
            self.init(Self.status(status), message)
        case .unusable(let message, _):
            self.init(.configuration, message)
        case .failed(let message):
            self.init(.tryAgain, message)
        }
    }

    /// The same for a relay that was named by `--server`.
    init(_ error: AdminClientError) {
        switch error {
        case .notRunning(let place): self.init(.notRunning, "nobody answers at \(place): is the relay running there?")
        case .forbidden(let place), .noAnswer(let place):
            self.init(.tryAgain, "the relay at \(place) did not answer, or not to the end; try again")
        case .refused(401, let message): self.init(.notRunning, "\(message): see --token-file")
        case .refused(let status, let message): self.init(Self.status(status), message)
        case .unusable(let message, _): self.init(.configuration, message)
        case .failed(let message): self.init(.tryAgain, message)
        }
    }

    private static func status(_ code: Int) -> Status {
        switch code {
        case 400: .usage
        case 403: .notRunning
        case 404: .noSuchMessage
        case 409: .badInput
        default: .tryAgain
        }
    }

    /// Describes an error reading a spool.
    init(_ error: SpoolError) {
        self.init(.tryAgain, error.message)
    }
}
