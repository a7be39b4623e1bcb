internal import Glibc
internal import Mail
internal import NIOCore
internal import NIOHTTP1
internal import TLS

/// What an error of the channel means for the request.
enum WebFailure {
    static func error(_ error: any Error, at url: WebURL) -> WebError {
        switch error {
        case let error as WebError: return error
        case let error as TLSError:
            return WebError(error.code == .timeout ? .timeout : .tls, "\(url): \(error.message)", causes: error.causes)
        case let error as HTTPParserError:
            return WebError(.protocol, "\(url) does not speak HTTP/1.1", causes: ["\(error)"])
        default:
            return WebError(.protocol, "the connection with \(url) broke", causes: [words(error)])
        }
    }

    /// An error of the channel, as the system says it.
    static func words(_ error: any Error) -> String {
        switch error {
        case let error as IOError: String(cString: strerror(error.errnoCode))
        case ChannelError.connectTimeout(let amount): "no connection within \(amount.nanoseconds / 1_000_000) ms"
        default: "\(error)"
        }
    }
}
