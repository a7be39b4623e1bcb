import Glibc

/// Standard input, output and error.
package enum StandardDescriptors {
    /// Opens those that the caller has closed, so that no file opened later takes their place and receives output meant
    /// for a reader.
    package static func open() {
        for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free descriptor, which is this one.
            _ = Glibc.open("/dev/null", O_RDWR)
        }
    }
}
