internal import SMTP

/// Takes what is said in one session, and gives each trace what it may show. Confined to the session's event loop.
package final class DialogueFeed {
    private struct Outlet {
        let trace: Trace
        /// nil where sessions are shown whole.
        var sieve: TransactionSieve?
    }

    package let party: TraceParty
    private let number: UInt64
    private let hub: TraceHub
    private var redactor: DialogueRedactor
    private var outlets: [Outlet]
    private var transactions = ClientTransactions()

    init(_ number: UInt64, _ party: TraceParty, _ traces: [Trace], _ hub: TraceHub) {
        self.number = number
        self.party = party
        self.hub = hub
        redactor = DialogueRedactor(hub.secrets)
        outlets = traces.map(Self.outlet)
    }

    private static func outlet(_ trace: Trace) -> Outlet {
        Outlet(trace: trace, sieve: trace.order.filter.pattern.map(TransactionSieve.init))
    }

    /// These traces are on now.
    func follow(_ traces: [Trace]) {
        let kept = outlets.filter { outlet in traces.contains { $0 === outlet.trace } }
        let new = traces.filter { trace in !outlets.contains { $0.trace === trace } }
        outlets = kept + new.map(Self.outlet)
    }

    /// A text that must not be shown, from whoever knows the credentials.
    package func hide(_ secret: String) { redactor.hide(secret) }

    // MARK: What the client says

    /// Command lines of a client of ours.
    ///
    /// - Parameter isInTransaction: whether the session was in one before.
    package func received(commands octets: UnsafeRawBufferPointer, isInTransaction: Bool) {
        for shown in redactor.command(octets) {
            let change = transactions.command(shown.verb ?? .unknown, isOpen: isInTransaction)
            if let ended = change.ended { self.ended(ended) }
            if let began = change.began { self.began(began, recipients: nil) }
            if let recipient = shown.recipient, let current = transactions.current { named(recipient, in: current) }
            emit(shown, fromClient: true, transactions.current)
        }
    }

    /// The final dot of a client's content.
    package func received(dot octets: UnsafeRawBufferPointer) {
        for shown in redactor.command(octets) { emit(shown, fromClient: true, transactions.current) }
    }

    /// Command lines to an upstream.
    ///
    /// - Parameters:
    ///   - transaction: that they belong to; nil for none.
    ///   - contentOf: the transaction that a final dot belongs to.
    package func sent(commands octets: UnsafeRawBufferPointer, _ transaction: Int?, contentOf: Int?) {
        for shown in redactor.command(octets) {
            emit(shown, fromClient: true, shown.text == "." ? contentOf ?? transaction : transaction)
        }
    }

    package func response(_ octets: UnsafeRawBufferPointer) {
        for shown in redactor.response(octets) { emit(shown, fromClient: true, transactions.current) }
    }

    /// Octets that the session has dropped without looking at them.
    package func unread(_ octets: UnsafeRawBufferPointer) {
        for shown in redactor.unread(octets) { emit(shown, fromClient: true, transactions.current) }
    }

    // MARK: What the server says

    /// - Parameter transaction: that they belong to; for a client of ours, the current one.
    package func reply(_ octets: UnsafeRawBufferPointer, _ transaction: Int? = nil) {
        for shown in redactor.reply(octets) { emit(shown, fromClient: false, transaction ?? transactions.current) }
    }

    /// The connection has ended amid a reply.
    package func endReply(_ transaction: Int?) {
        for shown in redactor.endReply() { emit(shown, fromClient: false, transaction) }
    }

    // MARK: Content

    package func content(_ octets: UnsafeRawBufferPointer, _ transaction: Int? = nil) {
        let isWanted = outlets.contains { $0.trace.order.showsContent }
        for shown in redactor.content(octets, isWanted: isWanted) {
            emit(shown, fromClient: true, transaction ?? transactions.current)
        }
    }

    /// The content is complete, or a part of it that is answered by itself.
    ///
    /// - Parameter isLast: whether the transaction ends with the reply to it.
    package func endContent(_ transaction: Int? = nil, isLast: Bool = true) {
        for shown in redactor.endContent() { emit(shown, fromClient: true, transaction ?? transactions.current) }
        if isLast { transactions.contentEnded() }
    }

    // MARK: Transactions

    /// The client of ours is in a transaction with these recipients already.
    package func joined(recipients: [String]) {
        let transaction = transactions.joined()
        began(transaction, recipients: nil)
        for recipient in recipients { named(recipient, in: transaction) }
    }

    /// A transaction begins.
    ///
    /// - Parameter recipients: all of them; nil if they are still to come.
    package func began(_ transaction: Int, recipients: [String]?) {
        for index in outlets.indices { outlets[index].sieve?.began(transaction, recipients: recipients) }
    }

    private func named(_ recipient: String, in transaction: Int) {
        for index in outlets.indices where outlets[index].sieve?.named(recipient, in: transaction) == true {
            outlets[index].trace.release(number)
        }
    }

    package func ended(_ transaction: Int) {
        for index in outlets.indices where outlets[index].sieve != nil {
            outlets[index].sieve?.ended(transaction)
            outlets[index].trace.forget(number)
        }
    }

    // MARK: Everything else

    /// Something that happened.
    package func note(_ text: String, _ transaction: Int? = nil) {
        emit(redactor.note(text), .note, transaction ?? transactions.current)
    }

    /// The session is over.
    package func end(_ text: String) {
        for shown in redactor.end() { emit(shown, fromClient: true, nil) }
        emit(redactor.note(text), .note, nil)
        for outlet in outlets where outlet.sieve != nil { outlet.trace.forget(number) }
    }

    private func emit(_ shown: DialogueRedactor.Shown, fromClient: Bool, _ transaction: Int?) {
        let isReceived =
            switch party.place {
            case .client: fromClient
            case .upstream: !fromClient
            }
        emit(shown, isReceived ? .received : .sent, transaction)
    }

    private func emit(_ shown: DialogueRedactor.Shown, _ direction: TraceLine.Direction, _ transaction: Int?) {
        let line = TraceLine(at: hub.now(), session: number, party: party, direction: direction, text: shown.text)
        for outlet in outlets where shown.audience.includes(showsContent: outlet.trace.order.showsContent) {
            switch outlet.sieve?.fate(in: transaction) ?? .show {
            case .show: outlet.trace.put(line)
            case .hold: outlet.trace.hold(line, of: number)
            case .drop: break
            }
        }
    }
}
