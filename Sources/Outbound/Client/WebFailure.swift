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
            return WebError(.protocol, "the connection with \(url) broke", causes: ["\(error)"])
        }
    }
}
