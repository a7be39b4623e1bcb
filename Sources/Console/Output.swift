import Glibc

/// Collects text and writes it in large pieces.
package struct Output {
    /// What to do if the output cannot be written, for example when nobody reads any more (`| head`).
    package enum Loss {
        /// The process ends; silently if its reader is gone.
        case ends
        /// The process continues without output: it has something to finish, or its exit code matters.
        case ignored
    }

    /// Whether output was lost; the rest of it is dropped.
    package private(set) var isLost = false
    private let descriptor: Int32
    private let loss: Loss
    private var bytes: [UInt8] = []

    private static let batch = 64 << 10

    package init(descriptor: Int32 = STDOUT_FILENO, loss: Loss = .ends) {
        self.descriptor = descriptor
        self.loss = descriptor == STDERR_FILENO ? .ignored : loss
    }

    package mutating func write(_ text: String) {
        bytes.append(contentsOf: text.utf8)
        if bytes.count >= Self.batch { flush() }
    }

    package mutating func write(octets: some Sequence<UInt8>) {
        bytes.append(contentsOf: octets)
        if bytes.count >= Self.batch { flush() }
    }

    package mutating func line(_ text: String) {
        write(text)
        write("\n")
    }

    package mutating func flush() {
        let failure = isLost ? nil : bytes.withUnsafeBytes { Self.writeAll($0, to: descriptor) }
        bytes.removeAll(keepingCapacity: true)
        if let failure { lose(failure) }
    }

    /// Whether somebody can still read the output.
    package var hasReader: Bool {
        var state = pollfd(fd: descriptor, events: 0, revents: 0)
        guard !isLost, poll(&state, 1, 0) > 0 else { return !isLost }
        return state.revents & Int16(POLLERR | POLLHUP | POLLNVAL) == 0
    }

    private mutating func lose(_ code: Int32) {
        isLost = true
        switch loss {
        case .ignored: break
        case .ends:
            guard code != EPIPE else { exit(0) }
            Failure(.tryAgain, "cannot write the output: \(String(cString: strerror(code)))").end()
        }
    }

    /// - Returns: the system's error code if it failed.
    private static func writeAll(_ octets: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
        var rest = octets
        while rest.count > 0 {
            let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
            if written > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[written...])
            } else if errno == EAGAIN {
                var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&wanted, 1, -1)
            } else if errno != EINTR {
                return errno
            }
        }
        return nil
    }
}
