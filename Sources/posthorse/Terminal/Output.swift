import Glibc

/// Gathers text and writes it in large pieces. When nobody reads any more (`| head`), the process ends quietly.
struct Output {
    private let descriptor: Int32
    private var bytes: [UInt8] = []

    private static let batch = 64 << 10

    init(descriptor: Int32 = STDOUT_FILENO) {
        self.descriptor = descriptor
    }

    mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        if bytes.count >= Self.batch { flush() }
    }

    mutating func write(octets: some Sequence<UInt8>) {
        bytes.append(contentsOf: octets)
        if bytes.count >= Self.batch { flush() }
    }

    mutating func line(_ text: String) {
        write(text)
        write("\n")
    }

    mutating func flush() {
        bytes.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
        bytes.removeAll(keepingCapacity: true)
    }

    private static func giveUp(_ code: Int32, _ descriptor: Int32) {
        guard descriptor != STDERR_FILENO else { return }
        guard code != EPIPE else { exit(0) }
        Failure.exit(with: Failure(.tryAgain, "cannot write the output: \(String(cString: strerror(code)))"))
    }

    private static func writeAll(_ octets: UnsafeRawBufferPointer, to descriptor: Int32) {
        var rest = octets
        while rest.count > 0 {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return giveUp(errno, descriptor)
            }
        }
    }
}
