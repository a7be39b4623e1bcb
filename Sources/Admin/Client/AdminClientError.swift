/// Why a request to the relay came to nothing.
package enum AdminClientError: Error, Hashable, Sendable {
    /// Nobody listens at the socket.
    case notRunning(socket: String)
    /// The socket belongs to somebody else.
    case forbidden(socket: String)
    /// The relay took the connection and answered nothing in time, or ended in the middle of the answer.
    case noAnswer(socket: String)
    /// The relay answered with an error; `message` is its sentence.
    case refused(status: Int, message: String)
    /// Something else, in the system's words.
    case failed(String)
}
