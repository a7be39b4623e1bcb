import NIOCore

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#endif

/// Defaults taken from the machine.
enum Machine {
    /// The system's host name; `localhost` if it is not valid in EHLO.
    static let name: String = {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
        let name = String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        return DomainName.isValid(name) ? name : "localhost"
    }()

    /// All cores but one, which is left to the spool's writer.
    static let threads = max(1, System.coreCount - 1)
}
