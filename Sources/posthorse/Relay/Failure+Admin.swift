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
                "posthorse serve --config \(config)", or name its configuration with --config, or its admin socket with --socket
                """)
        case .forbidden(let socket):
            self.init(
                .notRunning,
                "no permission to use \(socket); run this as the relay's user, as root, or as a member of socket_group")
        case .noAnswer(let socket):
            self.init(.tryAgain, "the relay at \(socket) did not answer, or not to the end; try again")
        case .refused(let status, let message):
            self.init(Self.status(status), message)
        case .failed(let message):
            self.init(.tryAgain, message)
        }
    }

    private static func status(_ code: Int) -> Status {
        switch code {
        case 400: .usage
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
