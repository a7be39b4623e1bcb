/// A command line as the sink understands it: leniently, because it judges content and order rather than grammar.
enum ClientCommand: Equatable {
    case ehlo
    case helo
    /// The path without brackets, and the parameters after it.
    case mail(sender: String, parameters: String)
    case rcpt(recipient: String, parameters: String)
    case data
    /// RFC 3030 section 2.
    case bdat(size: Int, isLast: Bool)
    case starttls
    /// The base64 response as received; nil if there is none.
    case auth(mechanism: String, response: String?)
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
            self = Self.path(line, after: "rcpt to:").map { .rcpt(recipient: $0, parameters: $1) } ?? .unknown
        case Self.verb("data"): self = line.count == 4 ? .data : .unknown
        case Self.verb("bdat"): self = Self.chunk(line) ?? .unknown
        case Self.verb("star"): self = Self.equal(line, "starttls") ? .starttls : .unknown
        case Self.verb("auth"): self = Self.login(line) ?? .unknown
        case Self.verb("rset"): self = line.count == 4 ? .rset : .unknown
        case Self.verb("noop"): self = .noop
        case Self.verb("quit"): self = line.count == 4 ? .quit : .unknown
        default: self = .unknown
        }
    }

    /// The phase in which faults can affect this command; nil if none can.
    var phase: SinkPhase? {
        switch self {
        case .ehlo, .helo: .ehlo
        case .mail: .mail
        case .rcpt: .rcpt
        case .data, .bdat: .data
        case .starttls: .starttls
        case .auth: .auth
        case .quit: .quit
        case .rset, .noop, .unknown: nil
        }
    }

    /// The first four octets in lower case, as a number.
    private static func verb(_ line: UnsafeRawBufferPointer) -> UInt32 {
        line.loadUnaligned(as: UInt32.self) | 0x2020_2020
    }

    private static func verb(_ word: StaticString) -> UInt32 {
        UnsafeRawPointer(word.utf8Start).loadUnaligned(as: UInt32.self)
    }

    private static func path(_ line: UnsafeRawBufferPointer, after prefix: StaticString) -> (String, String)? {
        guard begins(line, with: prefix) else { return nil }
        let rest = line[prefix.utf8CodeUnitCount...].drop { $0 == UInt8(ascii: " ") }
        guard rest.first == UInt8(ascii: "<"), let end = end(of: rest) else { return nil }
        let path = rest[rest.index(after: rest.startIndex)..<end]
        return (
            String(decoding: UnsafeRawBufferPointer(rebasing: path), as: UTF8.self),
            String(
                decoding: UnsafeRawBufferPointer(rebasing: rest[(end + 1)...].drop { $0 == UInt8(ascii: " ") }),
                as: UTF8.self)
        )
    }

    /// The bracket that ends a path: within a quoted local part, brackets are text (RFC 5321 section 4.1.2).
    private static func end(of path: Slice<UnsafeRawBufferPointer>) -> Int? {
        var (index, last, isQuoted) = (path.startIndex, UInt8(ascii: " "), false)
        while index < path.endIndex {
            switch path[index] {
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: "\"") where isQuoted: isQuoted = false
            // Behind the opening bracket, or a source route.
            case UInt8(ascii: "\""): isQuoted = last == UInt8(ascii: "<") || last == UInt8(ascii: ":")
            case UInt8(ascii: ">") where !isQuoted: return index
            default: break
            }
            if index < path.endIndex { last = path[index] }
            index += 1
        }
        return nil
    }

    private static func begins(_ line: UnsafeRawBufferPointer, with prefix: StaticString) -> Bool {
        let length = prefix.utf8CodeUnitCount
        guard line.count >= length else { return false }
        for index in 0..<length where line[index] | 0x20 != prefix.utf8Start[index] | 0x20 { return false }
        return true
    }

    private static func equal(_ line: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
        line.count == word.utf8CodeUnitCount && begins(line, with: word)
    }

    private static func words(_ line: UnsafeRawBufferPointer) -> [String] {
        line.split(separator: UInt8(ascii: " ")).map {
            String(decoding: UnsafeRawBufferPointer(rebasing: $0), as: UTF8.self)
        }
    }

    private static func chunk(_ line: UnsafeRawBufferPointer) -> ClientCommand? {
        let words = words(line)
        guard (2...3).contains(words.count), words[0].count == 4, let size = Int(words[1]), size >= 0 else {
            return nil
        }
        guard words.count == 3 else { return .bdat(size: size, isLast: false) }
        return words[2].uppercased() == "LAST" ? .bdat(size: size, isLast: true) : nil
    }

    private static func login(_ line: UnsafeRawBufferPointer) -> ClientCommand? {
        let words = words(line)
        guard (2...3).contains(words.count), words[0].count == 4 else { return nil }
        return .auth(mechanism: words[1], response: words.count == 3 ? words[2] : nil)
    }
}
