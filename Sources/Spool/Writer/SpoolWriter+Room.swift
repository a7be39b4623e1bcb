internal import Mail
internal import Synchronization

/// Room for the messages of a group.
extension SpoolWriter {
    /// Takes another thread's look into account.
    func noteRoom() {
        let surplus = context.surplus.exchange(.max, ordering: .relaxed)
        if surplus != .max { allowance.limit(to: surplus) }
    }

    /// Takes room for a message.
    ///
    /// - Throws: ``SpoolError`` `full` if there is too little for this one.
    func takeRoom(octets: Int, recipients: Int) throws(SpoolError) {
        let cost = SpoolRoom.cost(octets: octets, recipients: recipients)
        guard !allowance.take(cost) else { return }
        try look(for: cost)
        guard allowance.take(cost) else {
            throw SpoolError(.full, "\(context.path) has too little room left for a message of this size")
        }
    }

    /// Something was given up while mail is refused for lack of room.
    func lookAgain() {
        guard let look = try? openGauge().measure() else { return }
        context.judge(look)
    }

    private func look(for cost: Int) throws(SpoolError) {
        let gauge = try openGauge()
        var look = try gauge.measure()
        if context.room.surplus(look) < SpoolRoom.near, look.growth > context.reserve.target / 2 {
            // What a checkpoint needs must not outgrow the reserve.
            checkpointNow()
            look = try gauge.measure()
        }
        if context.room.surplus(look) - look.spares < allowance.staged + cost, look.spares > 0 {
            _ = context.store.releaseSpares()
            look = try gauge.measure()
        }
        context.judge(look)
        allowance.looked(surplus: context.room.surplus(look), reserve: context.reserve.target)
        if let refusal = context.health.refusal { throw refusal }
    }

    private func openGauge() throws(SpoolError) -> SpaceGauge {
        if let gauge { return gauge }
        let gauge = try SpaceGauge(context, openDatabase().connection)
        self.gauge = gauge
        return gauge
    }

    /// Copies the log into the database, and waits for it: the next commit starts the log from its beginning.
    ///
    /// - Returns: false if that failed, or a reader still needs the log.
    @discardableResult
    func checkpointNow() -> Bool {
        guard let database else { return false }
        return context.checkpointing.withLock { isWanted in
            guard let (log, copied) = try? database.connection.checkpoint() else { return false }
            checkpoints.copied(pages: copied)
            if copied == log { isWanted = false }
            return copied == log
        }
    }

    /// Records outcomes although there is no room: the log starts from its beginning, and the reserve is used.
    ///
    /// - Returns: what could not be recorded.
    func recordFromReserve(_ outcomes: [SpoolChange]) -> [SpoolChange] {
        repeat {
            checkpointNow()
            if (try? apply(outcomes)) != nil { return [] }
        } while context.reserve.release()
        guard outcomes.count > 1 else { return outcomes }
        // Some may be smaller than all of them together.
        return outcomes.filter { (try? apply([$0])) == nil }
    }
}
