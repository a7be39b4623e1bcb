import Admin
import Console
import Glibc
import NIOCore

/// Writes a trace as it comes, and notices when nobody reads it any more.
struct TraceDisplay {
    private let subject: String
    private let isJSON: Bool
    private var hasBegun = false
    private var output = Output()
    private var text = TraceText(terminal: .current())
    /// Why the trace is over before its time; nil if it is not.
    private(set) var end: Failure?

    /// - Parameter subject: what is traced, for people.
    init(_ subject: String, isJSON: Bool) {
        self.subject = subject
        self.isJSON = isJSON
    }

    /// The relay has answered: from now on everything is shown.
    mutating func begin() {
        if !hasBegun { Failure.report("tracing \(subject); Ctrl-C ends it") }
        hasBegun = true
    }

    mutating func show(_ event: StreamedEvent) throws {
        switch event.name {
        case "trace" where isJSON:
            output.line(event.data)
        case "trace":
            for line in text.lines(of: try AdminJSON.decode(TraceDocument.self, from: ByteBuffer(string: event.data))) {
                output.line(line)
            }
        case "end": ended(try AdminJSON.decode(TraceEndDocument.self, from: ByteBuffer(string: event.data)))
        default: break
        }
    }

    private mutating func ended(_ document: TraceEndDocument) {
        flush()
        let lines = Quantity.count(document.lines, "line")
        switch document.end {
        case "stop": end = Failure(.tryAgain, "the relay stops; the trace had \(lines)")
        case "revoked": end = Failure(.notRunning, "the token may not see the trace any more, which had \(lines)")
        case _ where !isJSON: Failure.report("the time of the trace is over, see --for: \(lines)")
        default: break
        }
    }

    /// Writes what is there; ends the program if its reader has gone.
    mutating func flush() {
        output.flush()
        if !output.hasReader { exit(0) }
    }
}
