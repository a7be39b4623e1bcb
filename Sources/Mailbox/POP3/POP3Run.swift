/// One request under way: the commands that are to be sent, and what the server has answered so far.
struct POP3Run: Sendable {
    private enum Step: Hashable {
        case stat, uidl(Int?), list, top(POP3Entry), dele(POP3Key)
    }

    /// Commands in one write, where the server offers PIPELINING.
    private static let window = 50

    private let request: POP3Request
    private let limits: MailboxLimits
    /// Commands that are not sent yet, last first.
    private var steps: [Step] = []
    /// Commands that are not answered, in order.
    private var awaited: [Step] = []
    private(set) var isMultiline = false
    private var header: [UInt8] = []
    private var isHeaderOver = false
    private var isCut = false
    /// The refusal that ends the request, once all that was sent is answered.
    private var refusal: MailboxError?

    init(_ request: POP3Request, _ limits: MailboxLimits) {
        self.request = request
        self.limits = limits
        switch request {
        case .count: steps = [.stat]
        case .uniqueIDs(nil): steps = [.uidl(nil)]
        // The numbers of the newest are known behind STAT.
        case .uniqueIDs: steps = [.stat]
        case .sizes: steps = [.list]
        case .header(let entry): steps = [.top(entry)]
        case .delete(let keys): steps = keys.reversed().map(Step.dele)
        }
    }

    var isOver: Bool { steps.isEmpty && awaited.isEmpty }
    /// Octets held.
    var count: Int { header.count }

    /// Writes what may be sent now.
    mutating func write(pipelines: Bool, into out: inout [UInt8]) {
        guard awaited.isEmpty else { return }
        while awaited.count < (pipelines ? Self.window : 1), let step = steps.popLast() {
            out += "\(Self.text(step))\r\n".utf8
            awaited.append(step)
        }
    }

    private static func text(_ step: Step) -> String {
        switch step {
        case .stat: "STAT"
        case .uidl(let number): number.map { "UIDL \($0)" } ?? "UIDL"
        case .list: "LIST"
        case .top(let entry): "TOP \(entry.number) 0"
        case .dele(let key): "DELE \(key.entry.number)"
        }
    }

    // MARK: - Answers

    mutating func statusReceived(_ status: POP3Status, _ words: ServerWords) throws(MailboxError) -> [POP3Event] {
        guard let step = awaited.first else { throw MailboxError(unasked: status, words) }
        guard status.isPositive else {
            awaited.removeFirst()
            refuse(step, status, words)
            return []
        }
        switch step {
        case .uidl(nil), .list, .top:
            isMultiline = true
            return []
        case .stat: return try counted(status)
        case .uidl: return try listed(status)
        case .dele:
            awaited.removeFirst()
            return []
        }
    }

    /// The other commands of a request make no sense any more.
    private mutating func refuse(_ step: Step, _ status: POP3Status, _ words: ServerWords) {
        let (name, isOptional) =
            switch step {
            case .stat: ("STAT", false)
            case .uidl: ("UIDL", true)
            case .list: ("LIST", false)
            case .top: ("TOP", true)
            case .dele: ("DELE", false)
            }
        refusal = refusal ?? MailboxError(refusing: name, status, words, unsupported: isOptional)
        steps = []
    }

    private mutating func counted(_ status: POP3Status) throws(MailboxError) -> [POP3Event] {
        awaited.removeFirst()
        let words = status.words
        guard words.count >= 2, let messages = Int(decimal: words[0]), let octets = Int(decimal: words[1]) else {
            throw .syntax("the server's answer to STAT has no numbers", status.text)
        }
        guard case .uniqueIDs(let newest?) = request else { return [.counted(messages: messages, octets: octets)] }
        let count = max(0, min(newest, messages, limits.found))
        steps = (0..<count).map { .uidl(messages - $0) }
        return []
    }

    private mutating func listed(_ status: POP3Status) throws(MailboxError) -> [POP3Event] {
        guard let entry = POP3Entry(status.words), awaited.first == .uidl(entry.number) else {
            throw .syntax("the server's answer to UIDL names no message, or another", status.text)
        }
        awaited.removeFirst()
        return [.entry(entry)]
    }

    /// A line of a multi-line answer, with its stuffed dot.
    mutating func lineReceived(_ line: [UInt8]) throws(MailboxError) -> [POP3Event] {
        if line == [UInt8(ascii: ".")] { return endAnswer() }
        let line = line.first == UInt8(ascii: ".") ? line.dropFirst() : line[...]
        switch awaited.first {
        case .top: addHeader(line)
        case .uidl:
            guard let entry = POP3Entry(line.split(separator: 0x20)) else {
                throw .syntax("a line of the server's list has no unique ID", line)
            }
            return [.entry(entry)]
        case .list:
            let words = line.split(separator: 0x20)
            guard words.count >= 2, let number = Int(decimal: words[0]), let octets = Int(decimal: words[1]) else {
                throw .syntax("a line of the server's list has no size", line)
            }
            return [.size(number: number, octets: octets)]
        case .stat, .dele, nil: break
        }
        return []
    }

    /// Keeps the header up to the limit; what a server sends of the body is not read.
    private mutating func addHeader(_ line: ArraySlice<UInt8>) {
        guard !isHeaderOver else { return }
        isHeaderOver = line.isEmpty
        let room = limits.header - header.count
        isCut = isCut || room < line.count + 2
        header += (line + [0x0D, 0x0A]).prefix(room)
    }

    private mutating func endAnswer() -> [POP3Event] {
        isMultiline = false
        guard case .top(let entry) = awaited.removeFirst() else { return [] }
        return [.message(POP3Message(key: POP3Key(entry), header: header, isCut: isCut))]
    }

    /// The event that ends the request; nil if another one has.
    var result: POP3Event? {
        if let refusal { return .refused(refusal) }
        return switch request {
        case .uniqueIDs, .sizes: .listed
        case .delete(let keys): .marked(keys)
        case .count, .header: nil
        }
    }
}
