import Foundation
import TestKit
import Testing

/// systemd's own opinion of the units; `RootTests` tests the service in its sandbox.
@Suite("The systemd units", .scenario, .needs("systemd-analyze"))
struct UnitFileTests {
    @Test("systemd finds nothing wrong with them")
    func verify() throws {
        let directory = try TemporaryDirectory()
        let files = try ["posthorse.service", "posthorse.socket"].map { name in
            let text = try SourceTree.text("docs/\(name)")
                .replacingOccurrences(of: "/usr/local/bin/posthorse", with: Posthorse.executable)
            try text.write(toFile: directory.path + "/" + name, atomically: true, encoding: .utf8)
            return directory.path + "/" + name
        }
        let program = try Program(try #require(Tool.path("systemd-analyze")), ["verify"] + files)
        #expect(try program.waitForExit() == .code(0))
        #expect(program.errors.current.lines == [] && program.output.current.lines == [])
    }

    /// PrivateUsers= would take 0.2 off, and hide from the audit log who gives orders.
    @Test("the service has an exposure of at most 1.4 out of 10")
    func exposure() throws {
        // It fails above the threshold, which is in tenths.
        let unit = SourceTree.file("docs/posthorse.service").path
        _ = try Tool.run("systemd-analyze", "security", "--offline=true", "--threshold=14", unit)
    }
}
