import Testing

@testable import Configuration

@Suite("Every key of relay.conf")
struct KeyTests {
    /// The problems of a text, but for the files of `[upstream.oauth2]`, which are not there.
    private func found(_ text: String) -> [String] {
        problems(text).filter { !$0.contains(": No such file or directory; create it; until then ") }
    }

    @Test("is covered by a case")
    func isCovered() {
        let keys = Schema.references.flatMap { section in
            section.keys.map { section.name.isEmpty ? $0.name : section.name + "." + $0.name }
        }
        #expect(Set(KeyCase.all.map(\.path)) == Set(keys))
        #expect(KeyCase.all.count == keys.count)
    }

    @Test("has its default if absent", arguments: KeyCase.all)
    func fallback(_ test: KeyCase) throws {
        let (text, line) = test.document(with: nil)
        if test.fallback == "required" {
            #expect(found(text).map { $0.prefix { $0 != ";" } } == ["relay.conf:\(line): \(test.path): missing"])
        } else {
            #expect(test.read(try configuration(text)) == test.fallback)
        }
    }

    @Test("is read into the typed value", arguments: KeyCase.all)
    func good(_ test: KeyCase) throws {
        #expect(
            test.read(try configuration(test.document(with: test.good.toml).text, environment: KeyCase.environment))
                == test.good.value)
    }

    @Test("refuses a value of another type, with its line", arguments: KeyCase.all)
    func wrongType(_ test: KeyCase) {
        let (text, line) = test.document(with: test.wrongType.toml)
        #expect(found(text) == ["relay.conf:\(line): \(test.path): \(test.wrongType.problem)"])
    }

    @Test("refuses values out of bounds, with its line", arguments: KeyCase.all)
    func outOfBounds(_ test: KeyCase) {
        #expect(!test.outOfBounds.isEmpty)
        for (value, problem) in test.outOfBounds {
            let (text, line) = test.document(with: value)
            #expect(found(text) == ["relay.conf:\(line): \(test.path): \(problem)"])
        }
    }
}
