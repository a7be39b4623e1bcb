internal import NIOCore
internal import NIOPosix

#if canImport(Glibc)
internal import Glibc
#elseif canImport(Musl)
internal import Musl
#elseif canImport(Darwin)
internal import Darwin
#endif

/// A shortage of this machine: of descriptors, memory or local ports. It says nothing about an upstream.
enum OwnShortage {
    /// Time until the next connection is tried.
    static let pause = Duration.seconds(1)

    private static let numbers = [EMFILE, ENFILE, ENOBUFS, ENOMEM, EADDRNOTAVAIL]

    /// The shortage as a sentence; nil if the error is something else.
    static func reason(_ error: any Error) -> String? {
        switch error {
        case let error as IOError: reason(error.errnoCode)
        case let error as NIOConnectionError: reason(error)
        default: nil
        }
    }

    static func reason(_ number: Int32) -> String? {
        numbers.contains(number) ? "this machine: \(String(cString: strerror(number)))" : nil
    }

    /// One address that could not be tried is enough: the others prove nothing about it.
    private static func reason(_ error: NIOConnectionError) -> String? {
        let lookups = [error.dnsAError, error.dnsAAAAError].compactMap(\.self)
        return lookups.lazy.compactMap { reason($0) }.first
            ?? error.connectionErrors.lazy.compactMap { failure in
                isWithoutFamily(failure) ? nil : reason(failure.error)
            }.first
    }

    /// Where IPv6 is off, its addresses are answered as if there were no port left.
    private static func isWithoutFamily(_ failure: SingleConnectionFailure) -> Bool {
        guard failure.target.protocol == .inet6, (failure.error as? IOError)?.errnoCode == EADDRNOTAVAIL else {
            return false
        }
        let addresses = try? SystemFile.read("/proc/net/if_inet6", limit: 64 << 10)
        return addresses?.isEmpty ?? true
    }

    /// The error with which no file can be opened now; nil if one can. The resolver does not say why it had no answer.
    static var ofDescriptors: Int32? {
        let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
        if descriptor >= 0 {
            close(descriptor)
            return nil
        }
        return [EMFILE, ENFILE].contains(errno) ? errno : nil
    }
}
