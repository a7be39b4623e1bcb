import Foundation
import TestKit

/// A system clock that can be set, for the processes that get its ``environment``.
final class ShiftedClock {
    private let directory: TemporaryDirectory
    private let file: FileHandle
    let environment: [String: String]

    /// - Parameter lead: how far it is ahead of this process's clock; negative if behind.
    init(ahead lead: Duration = .zero) throws {
        directory = try TemporaryDirectory()
        let path = directory.path + "/lead"
        try Data(count: 8).write(to: URL(fileURLWithPath: path))
        file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
        let shim = URL(fileURLWithPath: Posthorse.executable).deletingLastPathComponent()
            .appendingPathComponent("libClockShim.so").path
        guard FileManager.default.fileExists(atPath: shim) else { throw ScenarioError("\(shim) is not built") }
        environment = ["LD_PRELOAD": shim, "CLOCK_SHIM_FILE": path]
        try set(ahead: lead)
    }

    /// The processes see it at once: the file is mapped into their memory.
    func set(ahead lead: Duration) throws {
        let milliseconds = lead.components.seconds * 1000
        try file.seek(toOffset: 0)
        try file.write(contentsOf: withUnsafeBytes(of: milliseconds) { Data($0) })
    }

    /// From now to 1 January of a year.
    static func lead(toYear year: Int) throws -> Duration {
        let text = "\(year)-01-01T00:00:00Z"
        guard let date = ISO8601DateFormatter().date(from: text) else { throw ScenarioError("no date \(text)") }
        return .seconds(Int64(date.timeIntervalSinceNow.rounded(.up)))
    }
}
