/// Where the relay has left the log off.
struct AuditMark: Sendable {
    private(set) var chain: AuditChain
    /// Octets on disk; nothing behind them counts.
    private(set) var length: Int
    /// The last of them, which must still be there before more is written.
    private(set) var ending: [UInt8]
    /// Whether there may be octets behind them: an unfinished record, or a batch that failed.
    var hasRest: Bool

    /// Octets of ``ending``; more than most records have.
    static let window = 64 << 10

    /// Before the first record.
    init(key: [UInt8]) {
        self.init(AuditChain(key: key), length: 0, ending: [], hasRest: true)
    }

    init(_ chain: AuditChain, length: Int, ending: [UInt8], hasRest: Bool) {
        self.chain = chain
        self.length = length
        self.ending = ending.suffix(Self.window)
        self.hasRest = hasRest
    }

    /// A batch is on disk.
    mutating func advance(by octets: [UInt8], _ next: AuditChain) {
        self = Self(next, length: length + octets.count, ending: ending + octets, hasRest: false)
    }
}
