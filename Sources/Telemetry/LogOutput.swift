import Glibc

/// Destination of finished lines; called only on the log's own thread, which may block here indefinitely.
package protocol LogOutput: Sendable {
    /// Writes whole lines, all of them or as many as possible.
    func write(_ lines: UnsafeRawBufferPointer)
}

/// Standard error, or another descriptor that stays open.
package struct DescriptorOutput: LogOutput {
    package let descriptor: Int32

    package static let standardError = DescriptorOutput(descriptor: STDERR_FILENO)

    package init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes everything, waiting for a slow reader; gives up if there is no reader left.
    package func write(_ lines: UnsafeRawBufferPointer) {
        var rest = lines
        while let start = rest.baseAddress, rest.count > 0 {
            let written = Glibc.write(descriptor, start, rest.count)
            if written > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            } else if written < 0, errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if written == 0 || errno != EINTR {
                return
            }
        }
    }
}
