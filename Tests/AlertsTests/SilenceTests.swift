import Mail
import Testing

@testable import Alerts

@Suite("A silenced alert")
struct SilenceTests {
    private func bench(clear: Int = 0) -> Bench {
        Bench(rule(.upstreamOpen, clear: clear) { $0.again = .seconds(60) }, upstreams: "ses")
    }

    private func silence(_ bench: inout Bench, seconds: Int) {
        bench.machine.silence(
            "upstream_open", AlertSilence(since: bench.now, until: bench.now + .seconds(seconds), who: "ann"))
    }

    @Test("stands in the log, and nobody is told of it, nor again, nor of its end")
    func silent() {
        var bench = bench()
        silence(&bench, seconds: 1000)
        bench.fail("ses")
        #expect(bench.pass(300) == ["firing upstream_open: ses (silenced)"])
        bench.recover("ses")
        #expect(bench.pass(300) == ["resolved upstream_open: ses (silenced)"])
    }

    @Test("is told when the silence ends and it still holds")
    func end() {
        var bench = bench()
        silence(&bench, seconds: 100)
        bench.fail("ses")
        #expect(bench.pass(99) == ["firing upstream_open: ses (silenced)"])
        #expect(bench.pass() == ["firing upstream_open: ses"])
        #expect(bench.machine.silences.isEmpty)
    }

    @Test("that is over at the end of the silence, and has not been for long enough, is told to nobody")
    func over() {
        var bench = bench(clear: 60)
        silence(&bench, seconds: 100)
        bench.fail("ses")
        #expect(bench.pass(90) == ["firing upstream_open: ses (silenced)"])
        bench.recover("ses")
        #expect(bench.pass(20) == [] && bench.state("ses") == "clearing")
        #expect(bench.machine.silences.isEmpty)
        #expect(bench.pass(41) == ["resolved upstream_open: ses (silenced)"])
    }

    @Test("that was told before is told to be over, silence or not")
    func told() {
        var bench = bench()
        bench.fail("ses")
        #expect(bench.pass() == ["firing upstream_open: ses"])
        silence(&bench, seconds: 1000)
        #expect(bench.pass(200) == [])
        bench.recover("ses")
        #expect(bench.pass() == ["resolved upstream_open: ses"])
    }

    @Test("is told again at once when an operator ends the silence, who learns what it was")
    func unsilence() {
        var bench = bench()
        #expect(bench.machine.unsilence("upstream_open") == nil)
        silence(&bench, seconds: 1000)
        bench.fail("ses")
        _ = bench.pass(10)
        #expect(bench.machine.unsilence("upstream_open")?.who == "ann")
        #expect(bench.pass() == ["firing upstream_open: ses"])
    }
}
