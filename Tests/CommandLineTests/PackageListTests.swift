import Foundation
import TestKit
import Testing

@Suite("System packages")
struct PackageListTests {
    private let makefile: String

    init() throws {
        makefile = try SourceTree.text("Makefile").replacingOccurrences(of: "\\\n", with: " ")
    }

    private func packages(_ list: String) throws -> [String] {
        let line = try #require(makefile.split(separator: "\n").first { $0.hasPrefix("\(list) :=") })
        return line.split(whereSeparator: \.isWhitespace).dropFirst(2).map(String.init).filter { !$0.hasPrefix("$") }
    }

    @Test(
        "the README names those of each list in its row",
        arguments: zip(["BUILD", "TEST", "BENCH"], ["make build", "make test", "make bench"]))
    func readme(list: String, command: String) throws {
        let rows = try SourceTree.text("README.md").split(separator: "\n")
        let row = try #require(rows.first { $0.hasPrefix("|") && $0.contains("`\(command)`") })
        let names = try packages("\(list)_PACKAGES")
        #expect(names.count > 3)
        for name in names { #expect(row.contains("`\(name)`"), "\(name)") }
    }

    @Test("building installs no mail server, no database and no test tools")
    func building() throws {
        let building = Set(try packages("BUILD_PACKAGES"))
        #expect(building.isDisjoint(with: ["postfix", "exim4", "libpq5", "postgresql", "python3", "swaks", "systemd"]))
    }
}

@Suite("The package of the history's benchmark")
struct BenchmarkPackageTests {
    /// Dependencies by target, of calls such as `relay("Spool", ["Mail", nio])`.
    private func targets(in file: String, _ call: String) throws -> [String: Set<String>] {
        let text = try SourceTree.text(file).replacing(#/\s+/#, with: " ")
        let pattern = try Regex(
            "\(call)\"(\\w+)\",(?: dependencies:)? ?\\[([^\\]]*)\\]", as: (Substring, Substring, Substring).self)
        return Dictionary(
            uniqueKeysWithValues: text.matches(of: pattern).map { match in
                let names = match.output.2.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
                return (String(match.output.1), Set(names.filter { !$0.isEmpty }))
            })
    }

    @Test("its targets depend on what they do in the relay, or it does not build")
    func agreement() throws {
        let own = try targets(in: "Tests/Benchmarks/History/Package.swift", #"\.target\( ?name: "#)
        let relay = try targets(in: "Package.swift", #"relay\( ?"#)
        #expect(own.count >= 4)
        for (name, dependencies) in own { #expect(dependencies == relay[name], "\(name)") }
    }
}
