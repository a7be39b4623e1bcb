internal import NIOCore

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why a sink cannot continue.
package enum SinkError: Error, CustomStringConvertible {
    case file(path: String, errno: CInt)
    case listen(address: String, reason: String)

    init(listening host: String, _ port: Int, _ error: any Error) {
        let reason = (error as? IOError).map { String(cString: strerror($0.errnoCode)) } ?? "\(error)"
        self = .listen(address: "\(host):\(port)", reason: reason)
    }

    package var description: String {
        switch self {
        case .file(let path, let errno): "cannot write \(path): \(String(cString: strerror(errno)))"
        case .listen(let address, let reason): "cannot listen on \(address): \(reason)"
        }
    }
}

/// The problem with the text of a fault.
package struct SinkFaultError: Error, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
