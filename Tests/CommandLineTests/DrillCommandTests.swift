import Testing

@Suite("posthorse drill")
struct DrillCommandTests {
    @Test(
        "Nonsensical times are wrong usage",
        arguments: [["--for", "2d"], ["--for", "30s", "--watch", "30s"], ["--watch", "1s"], ["--for", "x"]])
    func usage(arguments: [String]) throws {
        let directory = try TemporaryDirectory()
        let result = try Program.run(["drill"] + arguments, in: directory.path)
        #expect(result.status == 64)
    }

    @Test("Without a relay a drill ends with 69")
    func notRunning() throws {
        let directory = try TemporaryDirectory()
        _ = try directory.configuration()
        let result = try Program.run(["drill", "--yes"], in: directory.path)
        #expect(result.status == 69)
    }
}
