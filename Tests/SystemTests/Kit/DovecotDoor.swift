import Foundation
import TestKit

/// A mail server in front of a ``Dovecot``: what it takes is delivered into the mailbox there.
final class DovecotDoor {
    private let sink: Sink

    var address: String { sink.address }

    init(_ dovecot: Dovecot) throws {
        sink = try Sink(keepsContent: true)
        let (output, directory) = (sink.process.output, sink.directory.path)
        // Delivery takes a process for each message, which nobody waits for.
        Thread.detachNewThread { Self.deliver(output, directory, dovecot) }
    }

    func close() { try? sink.killNow() }

    /// Until the test upstream ends.
    private static func deliver(_ output: Watched<Program.Output>, _ directory: String, _ dovecot: Dovecot) {
        var count = 0
        while true {
            let taken = output.wait(within: .seconds(600)) { output -> Int? in
                output.lines.count - 1 > count ? output.lines.count - 1 : output.hasEnded ? 0 : nil
            }
            guard let taken, taken > count else { return }
            for file in files(directory, from: count) {
                count += 1
                if let message = FileManager.default.contents(atPath: file) { try? dovecot.deliver(Array(message)) }
            }
        }
    }

    private static func files(_ directory: String, from start: Int) -> [String] {
        guard let text = try? String(contentsOfFile: directory + "/log", encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst(start).compactMap {
            try? JSONDecoder().decode(SinkLine.self, from: Data($0.utf8)).file.map { "\(directory)/store/\($0)" }
        }
    }
}
