internal import CSpawn
internal import Glibc

/// The pipes to and from a program. Confined to the thread that runs it.
final class CommandPipes {
    private(set) var childInput: Int32
    private(set) var childOutput: Int32
    private var input: Int32
    private var output: Int32

    /// - Throws: ``NotifierFailure`` without descriptors.
    init() throws {
        let into = try Self.pipe()
        do {
            let from = try Self.pipe()
            (childInput, input) = (into.read, into.write)
            (output, childOutput) = (from.read, from.write)
        } catch {
            for end in [into.read, into.write] { Glibc.close(end) }
            throw error
        }
        for end in [input, output] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
    }

    private static func pipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        // Marked at once: another thread may start a program right now.
        guard pipe2(&ends, O_CLOEXEC) == 0 else {
            throw NotifierFailure("no pipe for the command: \(String(cString: strerror(errno)))")
        }
        return (ends[0], ends[1])
    }

    func closeChildEnds() {
        Self.close(&childInput)
        Self.close(&childOutput)
    }

    func closeInput() { Self.close(&input) }

    func close() {
        closeChildEnds()
        closeInput()
        Self.close(&output)
    }

    private static func close(_ end: inout Int32) {
        guard end >= 0 else { return }
        Glibc.close(end)
        end = -1
    }

    /// Waits until something can be done, or for this many milliseconds. Closed ends are ignored (poll(2)).
    func wait(wantsToWrite: Bool, _ milliseconds: Int32) {
        var ends = [
            pollfd(fd: output, events: Int16(POLLIN), revents: 0),
            pollfd(fd: wantsToWrite ? input : -1, events: Int16(POLLOUT), revents: 0),
        ]
        poll(&ends, nfds_t(ends.count), milliseconds)
    }

    /// A program that does not read its input, or not all, has failed at nothing.
    func write(_ rest: inout ArraySlice<UInt8>) {
        guard input >= 0, !rest.isEmpty else { return }
        let count = rest.withUnsafeBytes { Glibc.write(input, $0.baseAddress, $0.count) }
        if count > 0 {
            rest = rest.dropFirst(count)
        } else if count < 0, errno == EPIPE {
            rest = []
        }
    }

    func read(into kept: inout [UInt8], limit: Int) {
        guard output >= 0 else { return }
        var buffer = [UInt8](repeating: 0, count: 4096)
        // Bounded: a program that writes without end must not keep us from looking at the clock.
        for _ in 0..<64 {
            let count = Glibc.read(output, &buffer, buffer.count)
            if count == 0 { return Self.close(&output) }
            guard count > 0 else { return }
            kept += buffer[..<min(count, max(0, limit - kept.count))]
        }
    }
}
