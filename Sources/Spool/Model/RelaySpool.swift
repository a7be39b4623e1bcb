package import Mail

/// A spool with all that a relay needs of it besides mail.
package protocol RelaySpool: MessageSpool, DepartureSpool, OutboxStore {
    /// Puts other limits into force; the place stays the same.
    func replace(with settings: SpoolSettings)
}

/// What a spool keeps about messages that have left, until the history has it elsewhere.
package protocol DepartureSpool: ContentPartSource {
    /// Octets that it takes.
    var departureOctets: Int { get }

    /// Whether mail is refused for lack of room.
    var isShortOfRoom: Bool { get }

    /// Octets of content that is kept with it.
    var keptOctets: Int { get }

    /// It is not needed any more up to this entry: it goes in small steps.
    func forgetDepartures(through last: Int)

    /// Content kept with entries up to this one is not needed any more: it goes in small steps.
    func forgetContent(through last: Int)

    /// Removes the content kept with these entries, of which there should not be many.
    ///
    /// - Parameter done: called on a thread of the spool once that is durable, or has failed.
    func eraseContent(of numbers: [Int], done: @escaping @Sendable (SpoolError?) -> Void)

    /// The content kept with an entry, for reading part by part; nil if there is none.
    func openKeptContent(_ number: Int) async throws -> ContentReader?

    /// Opens what reads it.
    ///
    /// - Throws: ``SpoolError``.
    func openDepartures() throws(SpoolError) -> any DepartureRows
}

/// Reads what a spool keeps about messages that have left, through a connection of its own; used by one thread at a time.
package protocol DepartureRows: AnyObject {
    /// Calls `body` within one read transaction.
    func reading<Result>(_ body: () throws(SpoolError) -> Result) throws(SpoolError) -> Result

    /// Numbers of the first and the last entry; nil for none.
    func range() throws(SpoolError) -> ClosedRange<Int>?

    /// Numbers of the first and the last entry whose content is kept; nil for none.
    func contentRange() throws(SpoolError) -> ClosedRange<Int>?

    /// Batches that begin after this entry, oldest first.
    func batches(after number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch]

    /// Batches that begin before this entry, newest first.
    func batches(before number: Int, limit: Int) throws(SpoolError) -> [DepartureBatch]

    /// The last entry, the time and the octets of the oldest batches, oldest first.
    func oldest(limit: Int) throws(SpoolError) -> [(last: Int, at: Timestamp, octets: Int)]

    /// The entry up to which content has to go for this many octets; nil if there is no content.
    func contentEnd(octets: Int) throws(SpoolError) -> Int?
}
