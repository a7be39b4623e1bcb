import Admin
import Delivery
import Foundation
import NIOCore
import NIOPosix
import Spool
import TestKit
import Testing

@Suite("Metrics on the admin socket")
struct MetricsRouteTests {
    @Test("are plain text of the version that Prometheus requests, with the spool statistics")
    func metrics() async throws {
        let spool = FaultySpool()
        spool.insert(.example(1), content: ByteBuffer())
        let upstream = UpstreamStatus(name: "ses", priority: 1, address: "mx.test:25", since: RunningAdmin.now)
        try await RunningAdmin.with(spool: spool, upstreams: [upstream]) { (admin) async throws in
            let answer = try await Self.get("/metrics", at: admin.socketPath)
            let head = answer.prefix { $0 != "#" }.lowercased()
            #expect(head.hasPrefix("http/1.1 200 ok\r\n"))
            #expect(head.contains("content-type: text/plain; version=0.0.4"))
            #expect(answer.contains("\nposthorse_queue_messages 1\n"))
            #expect(answer.contains("\nposthorse_queue_recipients{state=\"queued\"} 1\n"))
            #expect(answer.contains("\nposthorse_delivery_circuit_open{upstream=\"ses\"} 0\n"))
            // Requested again at once, the statistics are reused.
            spool.insert(.example(2), content: ByteBuffer())
            #expect(try await Self.get("/metrics", at: admin.socketPath).contains("\nposthorse_queue_messages 1\n"))
        }
    }

    /// The whole answer, as `curl --unix-socket` gets it. On a separate thread: those of the task pool are also the
    /// server's.
    private static func get(_ path: String, at socket: String) async throws -> String {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread {
                continuation.resume(with: Result { try run(path, at: socket) })
            }
        }
    }

    private static func run(_ path: String, at socket: String) throws -> String {
        let pipe = Pipe()
        let child = try Child(
            ["curl", "-s", "-i", "--max-time", "20", "--unix-socket", socket, "http://localhost\(path)"],
            output: pipe.fileHandleForWriting.fileDescriptor)
        try pipe.fileHandleForWriting.close()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        child.waitForExit()
        return String(decoding: output, as: UTF8.self)
    }
}
