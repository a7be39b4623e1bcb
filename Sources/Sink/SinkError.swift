#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// Why a sink cannot go on.
package enum SinkError: Error, CustomStringConvertible {
    case file(path: String, errno: CInt)

    package var description: String {
        switch self {
        case .file(let path, let errno): "cannot write \(path): \(String(cString: strerror(errno)))"
        }
    }
}
