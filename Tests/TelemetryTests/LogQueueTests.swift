import Foundation
import Glibc
import Mail
import Synchronization
import Telemetry
import Testing

@Suite("The log with a slow or absent reader")
struct LogQueueTests {
    @Test("A stalled reader blocks nobody: lines are dropped, severe ones last, and the loss is logged")
    func drops() throws {
        let output = MemoryOutput(stalls: true)
        let log = EventLog(threshold: .info, capacity: 4_096, output: output)
        log.log(.info, "first")
        output.waitForWrite()
        for _ in 0..<1_000 { log.log(.info, "ordinary") { $0.field("text", "some words of ordinary length") } }
        for _ in 0..<10 { log.log(.error, "grave") }
        output.release(3)
        log.close()
        let events = output.lines.map { String($0.split(separator: " ")[2]) }
        let kept = events.filter { $0 == "ordinary" }.count
        #expect(kept > 0 && kept < 100)
        #expect(events.filter { $0 == "grave" }.count == 10)
        #expect(output.lines.filter { $0.contains("log_lines_dropped count=\(1_000 - kept)") }.count == 1)
    }

    @Test("Severe lines have a limit too")
    func dropsGraveLines() {
        let output = MemoryOutput(stalls: true)
        let log = EventLog(capacity: 4_096, output: output)
        log.log(.info, "first")
        output.waitForWrite()
        let count = 40_000
        for _ in 0..<count { log.log(.error, "grave") { $0.field("text", "some words of ordinary length") } }
        output.release(3)
        log.close()
        let kept = output.lines.filter { $0.contains(" grave ") }.count
        #expect(kept > 10_000 && kept < count)
        #expect(output.lines.last?.contains("count=\(count - kept)") == true)
    }

    @Test("Lines of many threads arrive intact, in order for each thread")
    func manyThreads() async {
        let output = MemoryOutput()
        let log = EventLog(capacity: 64 << 20, output: output)
        await withDiscardingTaskGroup { group in
            for writer in 0..<4 {
                group.addTask {
                    for number in 0..<2_000 {
                        log.log(.info, "x") { line in
                            line.field("writer", writer)
                            line.field("number", number)
                        }
                    }
                }
            }
        }
        log.close(within: 20)
        #expect(output.lines.count == 8_000)
        for writer in 0..<4 {
            let own = output.lines.filter { $0.contains("writer=\(writer) ") }
            #expect(own.map { $0.split(separator: "=").last } == (0..<2_000).map { Substring("\($0)") })
        }
    }

    @Test("Closing does not wait forever for a stalled reader")
    func closesWithStalledReader() {
        let output = MemoryOutput(stalls: true)
        let log = EventLog(output: output)
        log.log(.info, "first")
        output.waitForWrite()
        log.close(within: 0)
        #expect(output.lines.isEmpty)
        output.release(10)
    }

    @Test("Lines logged after closing are dropped, and closing twice is harmless")
    func afterClose() {
        let output = MemoryOutput()
        let log = EventLog(output: output)
        log.log(.info, "before")
        log.close()
        log.log(.error, "after")
        log.close()
        #expect(output.lines.count == 1)
    }

    @Test("A pipe without a reader does not end the process")
    func closedPipe() {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        let log = EventLog(output: DescriptorOutput(descriptor: ends[1]))
        log.log(.info, "nobody reads this")
        log.close()
        close(ends[1])
    }

    @Test("A non-blocking descriptor still gets everything")
    func nonBlockingPipe() async {
        var ends: [Int32] = [-1, -1]
        #expect(pipe(&ends) == 0)
        let (readEnd, writeEnd) = (ends[0], ends[1])
        _ = fcntl(writeEnd, F_SETFL, O_NONBLOCK)
        let log = EventLog(capacity: 64 << 20, output: DescriptorOutput(descriptor: writeEnd))
        let count = 5_000
        for _ in 0..<count { log.log(.info, "x") { $0.field("text", "some words of ordinary length") } }
        // A separate thread: both ends block, and there may be no other thread for tasks.
        let lines = await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: Self.countLines(readEnd)) }
            log.close(within: 20)
            close(writeEnd)
        }
        #expect(lines == count)
    }

    private static func countLines(_ descriptor: Int32) -> Int {
        defer { close(descriptor) }
        var count = 0
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while case let octets = read(descriptor, &chunk, chunk.count), octets > 0 {
            count += chunk[..<octets].filter { $0 == UInt8(ascii: "\n") }.count
        }
        return count
    }
}
