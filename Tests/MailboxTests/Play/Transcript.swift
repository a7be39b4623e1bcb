import Mail

/// A session as text: `S:` what the server sends, `O:` what the owner does, `C:` what the client is expected to write, `E:`
/// the events that are expected. `«text»` in a line of the server is a literal, with `⏎` for its line ends.
struct Transcript {
    enum Step {
        case server([UInt8])
        case owner([String])
    }

    let steps: [Step]
    /// What is expected to be written, and to be reported.
    let client: [String]
    let events: [String]

    init(_ text: String) {
        var (steps, client, events): ([Step], [String], [String]) = ([], [], [])
        for line in text.split(separator: "\n") {
            let rest = String(line.dropFirst(3))
            switch line.prefix(2) {
            case "S:":
                var octets = Self.octets(rest)
                if case .server(let before) = steps.last {
                    octets = before + octets
                    steps.removeLast()
                }
                steps.append(.server(octets))
            case "O:": steps.append(.owner(rest.split(separator: " ").map(String.init)))
            case "C:": client.append(rest)
            case "E:": events.append(rest)
            default: preconditionFailure("not a line of a transcript: \(line)")
            }
        }
        (self.steps, self.client, self.events) = (steps, client, events)
    }

    private static func octets(_ line: String) -> [UInt8] {
        var text = ""
        for part in line.split(separator: "«", omittingEmptySubsequences: false) {
            guard let end = part.firstIndex(of: "»") else {
                text += part
                continue
            }
            let literal = part[..<end].replacing("⏎", with: "\r\n")
            text += "{\(literal.utf8.count)}\r\n\(literal)\(part[part.index(after: end)...])"
        }
        return Array("\(text)\r\n".utf8)
    }

    /// Octets that the server sends.
    var count: Int {
        steps.reduce(0) { if case .server(let octets) = $1 { $0 + octets.count } else { $0 } }
    }

    /// Where the server's octets are cut.
    enum Cut: Hashable, Sendable {
        case none
        case everywhere
        case at(Int)

        func parts(_ octets: [UInt8], from start: Int) -> [ArraySlice<UInt8>] {
            switch self {
            case .none: return [octets[...]]
            case .everywhere: return octets.indices.map { octets[$0...$0] }
            case .at(let cut):
                let split = min(max(cut - start, 0), octets.count)
                return [octets[..<split], octets[split...]].filter { !$0.isEmpty }
            }
        }
    }
}

/// A session that a transcript is played with.
protocol Player: AnyObject {
    init()
    func receive(_ octets: ArraySlice<UInt8>)
    func act(_ words: [String])
    var written: [UInt8] { get }
    var events: [String] { get }
}

extension Player {
    /// What the client writes, by lines.
    var lines: [String] {
        String(decoding: written, as: UTF8.self).split(separator: "\r\n", omittingEmptySubsequences: false)
            .dropLast().map(String.init)
    }

    func play(_ transcript: Transcript, _ cut: Transcript.Cut) {
        var position = 0
        for step in transcript.steps {
            switch step {
            case .server(let octets):
                for part in cut.parts(octets, from: position) { receive(part) }
                position += octets.count
            case .owner(let words): act(words)
            }
        }
    }
}
