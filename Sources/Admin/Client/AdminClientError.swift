/// Why a request to the relay failed.
package enum AdminClientError: Error, Hashable, Sendable {
    /// Nobody listens at the socket.
    case notRunning(socket: String)
    /// The socket belongs to somebody else.
    case forbidden(socket: String)
    /// The relay accepted the connection but sent no answer in time, or only part of one.
    case noAnswer(socket: String)
    /// The relay answered with an error; `message` is its sentence.
    case refused(status: Int, message: String)
    /// Anything else, in the system's words.
    case failed(String)
}
