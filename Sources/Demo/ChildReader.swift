import Glibc

/// Reads one child's output on a separate thread, line by line, and reaps the child when it has ended.
final class ChildReader: Sendable {
    private let descriptor: Int32
    private let pid: pid_t
    private let continuation: AsyncStream<String>.Continuation

    init(descriptor: Int32, pid: pid_t, continuation: AsyncStream<String>.Continuation) {
        self.descriptor = descriptor
        self.pid = pid
        self.continuation = continuation
    }

    /// - Parameter ended: called with the exit code before the lines finish.
    func start(ended: @escaping @Sendable (Int32) -> Void) {
        let work = Unmanaged.passRetained(Work { [self] in run(ended: ended) })
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { argument in
                Unmanaged<Work>.fromOpaque(argument!).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        precondition(code == 0, "the system has no thread left")
        pthread_detach(thread)
    }

    private final class Work: Sendable {
        let body: @Sendable () -> Void

        init(body: @escaping @Sendable () -> Void) {
            self.body = body
        }
    }

    private func run(ended: (Int32) -> Void) {
        var rest: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { break }
            rest += chunk[..<count]
            yieldLines(of: &rest)
        }
        close(descriptor)
        ended(collect())
        continuation.finish()
    }

    private func yieldLines(of rest: inout [UInt8]) {
        var start = rest.startIndex
        while let end = rest[start...].firstIndex(of: UInt8(ascii: "\n")) {
            continuation.yield(String(decoding: rest[start..<end], as: UTF8.self))
            start = end + 1
        }
        rest.removeFirst(start)
    }

    private func collect() -> Int32 {
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7F
        return signal == 0 ? status >> 8 & 0xFF : 128 + signal
    }
}
