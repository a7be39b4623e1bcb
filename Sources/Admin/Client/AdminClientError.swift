package import Configuration

/// Why a request to the relay failed.
package enum AdminClientError: Error, Hashable, Sendable {
    /// Nobody listens there.
    case notRunning(place: String)
    /// The socket belongs to somebody else.
    case forbidden(place: String)
    /// The relay accepted the connection but sent no answer in time, or only part of one.
    case noAnswer(place: String)
    /// The relay answered with an error; `message` is its sentence.
    case refused(status: Int, message: String)
    /// The relay.conf that the relay was to read cannot be used; `message` is its sentence.
    case unusable(_ message: String, [ConfigurationProblem])
    /// Anything else, in the system's words.
    case failed(String)
}
