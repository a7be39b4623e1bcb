internal import Mail
internal import NIOCore

/// Writes notices before the commit of their cause, while the original is still there.
extension SpoolWriter {
    func write(_ requests: [NoticeRequest], about id: QueueID) -> [PendingNotice] {
        guard let most = requests.map(\.octets).max() else { return [] }
        let original = beginning(of: id, upTo: most)
        return requests.map { place($0.write(original)) }
    }

    /// Nil if it cannot be read: the notice goes without it.
    private func beginning(of id: QueueID, upTo octets: Int) -> OriginalContent? {
        do throws(SpoolError) {
            let database = try openDatabase()
            context.store.beginReading()
            defer { context.store.endReading() }
            guard let row = try database.queries.row(id) else { return nil }
            return try database.content.beginning(of: StoredContentReader(row, store: context.store), upTo: octets)
        } catch {
            return nil
        }
    }

    /// However large it is, it goes into the table: a segment would need a sync of its own.
    private func place(_ new: NewMessage) -> PendingNotice {
        guard case .whole(let body) = new.content else { preconditionFailure("a notice is in one piece") }
        var hash = XXH64()
        body.withUnsafeReadableBytes { hash.update($0) }
        new.header.withUnsafeReadableBytes { hash.update($0) }
        let octets = body.readableBytes + new.header.readableBytes
        return PendingNotice(
            new: new, placed: PlacedContent(octets: octets, checksum: hash.finish(), extents: nil, kept: [body]))
    }
}
