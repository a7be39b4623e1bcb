#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why a sink cannot continue.
package enum SinkError: Error, CustomStringConvertible {
    case file(path: String, errno: CInt)
    case listen(address: String, reason: String)

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
