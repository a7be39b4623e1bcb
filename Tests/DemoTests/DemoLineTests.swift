import Console
import Mail
import Testing

@testable import Demo

@Suite("Demo lines")
struct DemoLineTests {
    @Test(
        "Every line is a sentence that needs no knowledge of the log",
        arguments: [
            (
                #""level":"info","event":"accepted","id":"A","from":"a@b","recipients":1,"size":280"#,
                "accepted   Message A from <a@b> to 1 recipient is safe on disk, 280 octets."
            ),
            (
                #""level":"info","event":"delivered","id":"A","to":["c@d"],"upstream":"primary","reply":"250 ok","took_ms":0.9"#,
                "delivered  primary took A for <c@d>, after 0.9 ms: 250 ok"
            ),
            (
                #""level":"notice","event":"deferred","id":"A","upstream":"primary","reply":"451 no","next":"secondary""#,
                "deferred   primary did not take A (451 no). It goes to secondary at once."
            ),
            (
                #""level":"notice","event":"deferred","id":"A","upstream":"primary","reply":"451 no","retry_at":"2026-11-21T10:00:02.000Z""#,
                "deferred   primary did not take A (451 no). It waits in the queue until 10:00:02."
            ),
            (
                #""level":"notice","event":"deferred","id":"A","reply":"no upstream takes mail now","retry_at":"2026-11-21T10:00:02.000Z""#,
                "deferred   Nobody took A (no upstream takes mail now). It waits in the queue until 10:00:02."
            ),
            (
                #""level":"warning","event":"circuit","upstream":"primary","old":"closed","new":"open","share":"0.0","cause":"3 failures in a row","until":"2026-11-21T10:00:03.000Z""#,
                "circuit    primary gets no mail until 10:00:03: 3 failures in a row."
            ),
            (
                #""level":"warning","event":"circuit","upstream":"primary","old":"open","new":"open","share":"0.0","cause":"2 probes in a row succeeded","until":"2026-11-21T10:00:03.000Z""#,
                "circuit    primary gets the next message as a trial: 2 probes in a row succeeded."
            ),
            (
                #""level":"notice","event":"circuit","upstream":"primary","old":"halfOpen","new":"closed","share":"0.1","cause":"trial succeeded""#,
                "circuit    primary gets 10% of the mail: trial succeeded."
            ),
            (
                #""level":"notice","event":"circuit","upstream":"primary","old":"closed","new":"closed","share":"1.0","cause":"2 s without trouble""#,
                "circuit    primary gets all of the mail: 2 s without trouble."
            ),
            (
                #""level":"notice","event":"upstream_control","upstream":"primary","action":"trip","until":"2026-11-21T10:00:03.000Z""#,
                "upstream_control  By hand: trip primary until 10:00:03."
            ),
            (
                #""level":"info","event":"round_trip","name":"demo","upstream":"primary","mailbox":"p@q","to":"ok","cause":"arrived within 0.2 s""#,
                "round_trip  Mail through primary arrives in the mailbox of p@q: arrived within 0.2 s."
            ),
            (
                #""level":"warning","event":"round_trip_blame","upstream":"primary","state":"blamed","action":"open","applied":"yes","cause":"2 probes in a row are lost""#,
                "round_trip_blame  primary takes mail and loses it: 2 probes in a row are lost."
            ),
            (
                #""level":"warning","event":"round_trip_mailbox","mailbox":"p@q","state":"unreachable","cause":"wrong password""#,
                "round_trip_mailbox  The mailbox of p@q cannot be looked into: wrong password."
            ),
            (
                #""level":"warning","event":"unheard_of","b":"two, \"words\"","a":1,"c":["x@y"]"#,
                #"unheard_of  a=1 b=two, "words" c=<x@y>"#
            ),
        ])
    func sentences(fields: String, expected: String) {
        let line = DemoLine(
            #"{"time":"2026-11-21T10:00:00.123Z",\#(fields)}"#, terminal: .plain,
            localTime: { String($0.rfc3339.dropFirst(11).prefix(8)) })
        #expect(line.text == "10:00:00  \(expected)")
    }

    @Test("The many deliveries of probes are told apart from those of mail")
    func probes() {
        let line = #"{"time":"2026-11-21T10:00:00.000Z","level":"info","event":"delivered","upstream":"primary""#
        #expect(DemoLine(line + #","probe":"demo"}"#, terminal: .plain).isOfProbe)
        #expect(!DemoLine(line + "}", terminal: .plain).isOfProbe)
        #expect(!DemoLine("hello", terminal: .plain).isOfProbe)
    }

    @Test("Anything that is not a log line is shown unchanged, without control characters")
    func foreignLine() {
        #expect(DemoLine("Fatal error: \u{1B}[31m", terminal: .plain).text == "Fatal error: \\u{1b}[31m")
    }
}

@Suite("Commands to paste")
struct InvocationTests {
    @Test("The program has its absolute path unless the shell found it by name")
    func program() {
        func program(_ name: String, _ file: String = "/opt/x/posthorse") -> String {
            Invocation(name: name, executable: file, directory: "/home/a").program
        }
        #expect(program("posthorse") == "posthorse")
        #expect(program("./posthorse") == "/opt/x/posthorse")
        #expect(program(".build/release/posthorse") == "/opt/x/posthorse")
        #expect(program("", "/opt/my mail/posthorse") == "'/opt/my mail/posthorse'")
    }

    @Test("Paths mean the same in every directory")
    func absolute() {
        let invocation = Invocation(name: "posthorse", executable: "/x", directory: "/home/a")
        #expect(invocation.absolute("/etc/r.conf") == "/etc/r.conf")
        #expect(invocation.absolute("r.conf") == "/home/a/r.conf")
        #expect(invocation.absolute("./r.conf") == "/home/a/r.conf")
        #expect(invocation.absolute("../r.conf") == "/home/a/../r.conf")
        #expect(Invocation(name: "p", executable: "/x", directory: "/").absolute("r.conf") == "/r.conf")
    }
}
