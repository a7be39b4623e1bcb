/// The end of a log as a start of the relay finds it, as a value.
struct AuditTail {
    /// Octets up to the end of the last complete line.
    private(set) var complete = 0
    /// The digest that the last line states.
    private(set) var head: AuditHash?
    /// What follows without being a record: the relay or the machine died while it was written.
    private(set) var torn: [UInt8] = []
    /// Whether a line is not as it was written.
    private(set) var isDamaged = false

    /// - Parameters:
    ///   - octets: the end of the log, longer than any record; all of it, if it is short.
    ///   - isWhole: whether they are all of it.
    init(_ octets: [UInt8], isWhole: Bool, key: [UInt8]) {
        var rest = octets[...]
        var chain: AuditChain?
        if isWhole {
            chain = AuditChain(key: key)
        } else if let end = rest.firstIndex(of: 0x0A) {
            // Part of a line.
            rest = rest[(end + 1)...]
            complete = end + 1
        }
        while let end = rest.firstIndex(of: 0x0A) {
            let line = rest[..<end]
            if rest.index(after: end) == rest.endIndex, Self.isUnfinished(line) { break }
            take(line, &chain, key)
            rest = rest[(end + 1)...]
            complete = end + 1
        }
        torn = Array(rest)
    }

    /// A block of the last line that never reached the disk reads as zeros. A whole record behind zeros is no accident: the
    /// file was cut while a relay went on behind the hole.
    private static func isUnfinished(_ line: ArraySlice<UInt8>) -> Bool {
        line.contains(0) && AuditLine.recordBehindHole(line) == nil
    }

    private mutating func take(_ line: ArraySlice<UInt8>, _ chain: inout AuditChain?, _ key: [UInt8]) {
        guard var known = chain else {
            // The first line that is seen whole has nothing before it to be checked with.
            guard let hash = AuditLine.parts(of: line)?.hash else { return isDamaged = true }
            chain = AuditChain(key: key, head: hash)
            return head = hash
        }
        if case .record = known.take(line) {} else { isDamaged = true }
        chain = known
        head = known.head
    }
}
