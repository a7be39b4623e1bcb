internal import Mail
internal import Synchronization

/// What is kept about messages that have left, and is moved elsewhere.
extension SpoolWriter {
    func noteDepartures(_ database: SpoolDatabase) {
        context.keptOctets.store(database.keptContent.octets, ordering: .relaxed)
        guard let departures = database.departures else { return }
        context.departureOctets.store(departures.octets, ordering: .relaxed)
        context.lastDeparture.store(departures.last, ordering: .relaxed)
    }

    /// After the replies of a group, a few rows at a time; the rest comes after the next group.
    func forgetDepartures() {
        guard let database, let last = forgettable, nextRetry == nil else { return }
        do throws(SpoolError) {
            let isDone = try database.forgetDepartures(through: last, step: context.tuning.departureStep)
            noteDepartures(database)
            SpoolStep.reached(.afterDeparturesForgotten)
            guard !isDone else { return forgettable = nil }
            _ = context.inbox.append(.forgetDepartures(through: last))
        } catch {
            failed(error)
        }
    }

    /// The same for content that is kept.
    func forgetContent() {
        guard let database, let last = forgettableContent, nextRetry == nil else { return }
        let limit = context.tuning.contentStep
        do throws(SpoolError) {
            let removed = try database.forgetContent { table throws(SpoolError) in
                try table.remove(through: last, limit: limit)
            }
            release(removed, database)
            guard removed.count == limit else { return forgettableContent = nil }
            _ = context.inbox.append(.forgetContent(through: last))
        } catch {
            failed(error)
        }
    }

    func erase(_ order: ContentErasure) {
        do throws(SpoolError) {
            let database = try openDatabase()
            let removed = try database.forgetContent { table throws(SpoolError) in try table.remove(order.numbers) }
            release(removed, database)
            order.done(nil)
        } catch {
            failed(error)
            order.done(error)
        }
    }

    private func release(_ removed: [KeptContent], _ database: SpoolDatabase) {
        for content in removed { context.store.released(content.extents ?? []) }
        noteDepartures(database)
    }

    /// Has outcomes recorded without a word about the messages: they matter more.
    func withoutDepartures<Result>(_ body: () -> Result) -> Result {
        guard let database = try? openDatabase() else { return body() }
        database.departures?.isSuspended = true
        database.outbox?.isSuspended = true
        defer {
            database.departures?.isSuspended = false
            database.outbox?.isSuspended = false
        }
        let result = body()
        if let departures = database.departures, departures.hasMissed {
            departures.hasMissed = false
            context.events(.notice("the disk is full: messages have left without an entry in the history"))
        }
        return result
    }
}
