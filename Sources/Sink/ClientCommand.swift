/// A command line as the sink understands it: leniently, for it judges content and order rather than grammar.
enum ClientCommand: Equatable {
    case ehlo
    case helo
    /// The path without brackets, and the parameters behind it.
    case mail(sender: String, parameters: String)
    case rcpt(recipient: String)
    case data
    case rset
    case noop
    case quit
    case unknown

    /// - Parameter line: without its line end.
    init(_ line: UnsafeRawBufferPointer) {
        guard line.count >= 4 else {
            self = .unknown
            return
        }
        switch Self.verb(line) {
        case Self.verb("ehlo"): self = .ehlo
        case Self.verb("helo"): self = .helo
        case Self.verb("mail"):
            self = Self.path(line, after: "mail from:").map { .mail(sender: $0, parameters: $1) } ?? .unknown
        case Self.verb("rcpt"):
            self = Self.path(line, after: "rcpt to:").map { path, _ in .rcpt(recipient: path) } ?? .unknown
        case Self.verb("data"): self = line.count == 4 ? .data : .unknown
        case Self.verb("rset"): self = line.count == 4 ? .rset : .unknown
        case Self.verb("noop"): self = .noop
        case Self.verb("quit"): self = line.count == 4 ? .quit : .unknown
        default: self = .unknown
        }
    }

    /// The phase at which faults can meet this command; nil where none can.
    var phase: SinkPhase? {
        switch self {
        case .ehlo, .helo: .ehlo
        case .mail: .mail
        case .rcpt: .rcpt
        case .data: .data
        case .quit: .quit
        case .rset, .noop, .unknown: nil
        }
    }

    /// The first four octets in lower case as one number.
    private static func verb(_ line: UnsafeRawBufferPointer) -> UInt32 {
        line.loadUnaligned(as: UInt32.self) | 0x2020_2020
    }

    private static func verb(_ word: StaticString) -> UInt32 {
        UnsafeRawPointer(word.utf8Start).loadUnaligned(as: UInt32.self)
    }

    private static func path(_ line: UnsafeRawBufferPointer, after prefix: StaticString) -> (String, String)? {
        let length = prefix.utf8CodeUnitCount
        guard line.count > length else { return nil }
        for index in 0..<length where line[index] | 0x20 != prefix.utf8Start[index] | 0x20 { return nil }
        let rest = line[length...].drop { $0 == UInt8(ascii: " ") }
        guard rest.first == UInt8(ascii: "<"), let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return nil }
        let path = rest[rest.index(after: rest.startIndex)..<end]
        return (
            String(decoding: UnsafeRawBufferPointer(rebasing: path), as: UTF8.self),
            String(decoding: UnsafeRawBufferPointer(rebasing: rest[(end + 1)...]), as: UTF8.self)
        )
    }
}
