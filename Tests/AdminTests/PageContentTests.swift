import Foundation
import NIOCore
import TestKit
import Testing

@testable import Admin

@Suite("The files of the page")
struct PageContentTests {
    private static let files = [PageFile.index] + PageFile.parts

    private static func text(_ file: PageFile) -> String {
        String(decoding: Array(file.content.readableBytesView), as: UTF8.self)
    }

    private static var texts: [PageFile] { files.filter { !$0.name.hasSuffix(".png") } }

    @Test("are all those of its folder, as they are there")
    func complete() throws {
        let folder = SourceTree.file("Sources/Admin/Page")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(names.sorted() == Self.files.map(\.name).sorted())
        for file in Self.files {
            let octets = try Data(contentsOf: folder.appendingPathComponent(file.name))
            #expect(Array(octets) == Array(file.content.readableBytesView), "\(file.name)")
        }
    }

    @Test("have at most 144 KiB together")
    func size() {
        let total = Self.files.map(\.content.readableBytes).reduce(0, +)
        #expect(total <= 144 << 10, "\(total) octets")
    }

    @Test("name no other host: there is no absolute URL in them")
    func urls() {
        for file in Self.texts {
            #expect(
                Self.text(file).firstMatch(of: /[a-z]+:\/\/[a-z]|url\(|@import|[("'\x60]\/\/[a-z]/) == nil,
                "\(file.name)")
        }
    }

    @Test("make no markup of text, and no script of anything")
    func markup() {
        let dangerous = [
            "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function",
            "createContextualFragment",
            "DOMParser", "srcdoc", "setHTML", "javascript:", "import(",
        ]
        for file in Self.texts {
            for word in dangerous { #expect(!Self.text(file).contains(word), "\(file.name): \(word)") }
        }
        let index = Self.text(.index)
        #expect(index.firstMatch(of: /\son[a-z]+=|\sstyle=|<style|<script>/) == nil)
    }

    @Test("load each other, and nothing that is not there")
    func references() throws {
        let names = Set(PageFile.parts.map(\.name))
        let named = Self.text(.index).matches(of: /"page\/([^"]+)"/).map { String($0.1) }
        #expect(Set(named).isSubset(of: names) && named.contains("main.js"))
        var loaded: Set<String> = []
        var waiting = ["main.js"]
        while let name = waiting.popLast() {
            guard loaded.insert(name).inserted else { continue }
            let file = try #require(PageFile.parts.first { $0.name == name }, "\(name)")
            waiting += Self.text(file).matches(of: /from '\.\/([^']+)'/).map { String($0.1) }
        }
        #expect(loaded == names.filter { $0.hasSuffix(".js") })
    }
}
