import Testing

@testable import Configuration

@Suite("Lines of keys in the source text")
struct SourceLinesTests {
    private let lines = SourceLines(
        of: #"""
            # [spool] and path = 1 in a comment
            hostname = "a # b [log]"   # [log]
            'thr\eads' = 1
            [ spool ] # here
            path = """
            [retry]
            initial = 1 \""" still inside ""\"
            """
            "max_bytes" = '''
            max = 1'''
            spare = ['a',
              "b]", # ]
              [1,
               2], { x = 1,
                y = 2 },
            ]
            [[upstream]]
            name = 'it''s'
            retry.first = 1
            [[upstream]]

            name = "\""
            x = '\'
            [[upstream.rule]]
            match = ""
            [[upstream.rule]]
            match = """"quoted""""
            [log]
            level = { deep = { deeper = 1 } }
            """#)

    private func line(_ path: ConfigurationPath) -> Int? { lines.line(of: path) }
    private let root = ConfigurationPath.root

    @Test("comments, strings and headers are told apart")
    func basics() {
        #expect(line(root.key("hostname")) == 2)
        #expect(line(root.key("thr\\eads")) == 3)
        #expect(line(root.key("spool")) == 4)
        #expect(line(root.key("spool").key("path")) == 5)
        #expect(line(root.key("retry")) == nil)
        #expect(line(root.key("spool").key("max_bytes")) == 9)
        #expect(line(root.key("log").key("level")) == 29)
    }

    @Test("elements of lists and inline tables have their own line")
    func nested() {
        let spare = root.key("spool").key("spare")
        #expect(line(spare) == 11)
        #expect((0...3).map { line(spare.index($0)) } == [11, 12, 13, 14])
        #expect((0...1).map { line(spare.index(2).index($0)) } == [13, 14])
        #expect(line(spare.index(3).key("y")) == 15)
        #expect(line(root.key("log").key("level").key("deep").key("deeper")) == 29)
    }

    @Test("arrays of tables count, inside each other too")
    func arraysOfTables() {
        let upstream = root.key("upstream")
        #expect(line(upstream) == 17)
        #expect(line(upstream.index(0).key("name")) == 18)
        #expect(line(upstream.index(0).key("retry").key("first")) == 19)
        #expect(line(upstream.index(1)) == 20)
        #expect(line(upstream.index(1).key("name")) == 22)
        #expect(line(upstream.index(1).key("rule").index(0).key("match")) == 25)
        #expect(line(upstream.index(1).key("rule").index(1).key("match")) == 27)
    }

    @Test("what is not there has the line of what is around it")
    func absent() {
        #expect(line(root.key("upstream").index(1).key("address")) == 20)
        #expect(line(root.key("nothing")) == nil)
    }
}
