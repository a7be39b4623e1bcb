/// The messages of one session, oldest first, each with the token of its transaction.
struct SessionJobs {
    struct Entry {
        let token: Int
        let job: DeliveryJob
        /// Header fields prepended to the content.
        let front: FrontHeader
        let form: TransactionPlan.Form
    }

    private var entries: [Entry] = []
    /// Transactions given to the session so far.
    private(set) var started = 0

    var count: Int { entries.count }
    var first: DeliveryJob? { entries.first?.job }

    /// - Returns: the token of its transaction.
    mutating func add(_ job: DeliveryJob, _ front: FrontHeader, _ form: TransactionPlan.Form) -> Int {
        started += 1
        entries.append(Entry(token: started, job: job, front: front, form: form))
        return started
    }

    func entry(of job: DeliveryJob) -> Entry? {
        entries.first { $0.job === job }
    }

    func job(of token: Int) -> DeliveryJob? {
        entries.first { $0.token == token }?.job
    }

    func allSatisfy(_ isTrue: (DeliveryJob) -> Bool) -> Bool {
        entries.allSatisfy { isTrue($0.job) }
    }

    func forEachEntry(_ body: (Entry) -> Void) { entries.forEach(body) }

    func forEach(_ body: (DeliveryJob) -> Void) {
        for entry in entries { body(entry.job) }
    }

    /// - Returns: nil if the message has gone elsewhere.
    mutating func remove(token: Int) -> DeliveryJob? {
        entries.firstIndex { $0.token == token }.map { entries.remove(at: $0).job }
    }

    mutating func remove(_ job: DeliveryJob) {
        entries.removeAll { $0.job === job }
    }

    mutating func removeAll(where isMeant: (Entry) -> Bool = { _ in true }) -> [Entry] {
        let removed = entries.filter(isMeant)
        entries.removeAll(where: isMeant)
        return removed
    }
}
