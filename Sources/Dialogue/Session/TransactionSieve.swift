/// Which transactions of one session have a recipient that a trace is about. A value without IO.
struct TransactionSieve: Sendable {
    /// What becomes of a line.
    enum Fate: Hashable {
        case show
        /// Its transaction may still get such a recipient.
        case hold
        case drop
    }

    private let pattern: RecipientPattern
    /// Those with such a recipient; two at most, since a session has no more at a time.
    private var shown: [Int] = []
    /// The transaction that a matching recipient may still join.
    private var open: Int?

    init(_ pattern: RecipientPattern) {
        self.pattern = pattern
    }

    /// A transaction has begun.
    ///
    /// - Parameter recipients: all of them; nil if they are still to come.
    mutating func began(_ transaction: Int, recipients: [String]?) {
        guard let recipients else {
            open = transaction
            return
        }
        if recipients.contains(where: { pattern.matches($0) }) { shown.append(transaction) }
    }

    /// - Returns: whether the transaction is shown from now on, and what was held of it.
    mutating func named(_ recipient: String, in transaction: Int) -> Bool {
        guard open == transaction, pattern.matches(recipient) else { return false }
        open = nil
        shown.append(transaction)
        return true
    }

    /// - Parameter transaction: nil for a line that belongs to none: it is shown while one is.
    func fate(in transaction: Int?) -> Fate {
        guard let transaction else { return shown.isEmpty ? .drop : .show }
        if shown.contains(transaction) { return .show }
        return open == transaction ? .hold : .drop
    }

    mutating func ended(_ transaction: Int) {
        shown.removeAll { $0 == transaction }
        if open == transaction { open = nil }
    }
}
