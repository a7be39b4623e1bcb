internal import Mail
internal import NIOCore

/// Content being appended part by part.
struct OpenStream {
    var extents: [Extent] = []
    var hash = XXH64()
    var octets = 0
    /// The parts, while they may stay in memory; nil once they are too large.
    var kept: [ByteBuffer]? = []
    /// After a failure further parts are dropped.
    var failure: SpoolError?
}

/// Stores content before the commit.
extension SpoolWriter {
    func append(_ bytes: ByteBuffer, to name: ContentStream) {
        var stream = streams.removeValue(forKey: name) ?? OpenStream()
        defer { streams[name] = stream }
        guard stream.failure == nil else { return }
        if let refusal = context.health.refusal { return fail(&stream, name, refusal) }
        do throws(SpoolError) {
            let extent = try write(bytes)
            stream.extents.append(merging: extent)
            stream.octets += extent.length
            bytes.withUnsafeReadableBytes { stream.hash.update($0) }
            keep(bytes, &stream)
            completions.add(.appended(name, octets: extent.length), to: name.port)
        } catch {
            fail(&stream, name, error)
        }
    }

    func abandon(_ name: ContentStream) {
        guard var stream = streams.removeValue(forKey: name) else { return }
        discard(&stream)
    }

    func stageAccept(_ new: NewMessage, _ port: SpoolPort, _ ticket: UInt64) {
        do throws(SpoolError) {
            var new = new
            if let expectedUpstream, new.message.isExpected(through: expectedUpstream) {
                new.message.openAttempt = OpenAttempt(
                    upstream: expectedUpstream, startedAt: context.steady(),
                    recipients: Array(new.message.recipients.indices))
            }
            let asker = SpoolAsker(port: port, ticket: ticket)
            changes.append(.insert(PendingInsert(new, try place(new), asker)))
        } catch {
            completions.add(.refused(ticket: ticket, error), to: port)
        }
    }

    private func place(_ new: NewMessage) throws(SpoolError) -> PlacedContent {
        let placed: PlacedContent
        switch new.content {
        case .stream(let name): placed = try place(name, new)
        case .whole(let body):
            if let refusal = context.health.refusal { throw refusal }
            placed = try place(body, new)
        }
        stagedOctets += placed.octets
        return placed
    }

    /// Takes room for what is stored of a message besides the segments.
    ///
    /// - Parameter octets: of its content and header.
    private func takeRoom(_ octets: Int, _ new: NewMessage) throws(SpoolError) {
        let limit = context.limits.maxOctets
        if limit > 0, liveOctets + stagedOctets >= limit { throw limitError }
        try takeRoom(octets: octets, recipients: new.message.recipients.count)
    }

    private func place(_ name: ContentStream, _ new: NewMessage) throws(SpoolError) -> PlacedContent {
        guard var stream = streams.removeValue(forKey: name) else {
            throw SpoolError(.inputOutput, "no content has come for this message")
        }
        let header = new.header
        do throws(SpoolError) {
            if let failure = stream.failure ?? context.health.refusal { throw failure }
            try takeRoom(header.readableBytes, new)
        } catch {
            discard(&stream)
            throw error
        }
        if let kept = stream.kept { context.budget.remove(kept.octets) }
        header.withUnsafeReadableBytes { stream.hash.update($0) }
        return PlacedContent(
            octets: stream.octets + header.readableBytes, checksum: stream.hash.finish(), extents: stream.extents,
            kept: stream.kept)
    }

    private func place(_ body: ByteBuffer, _ new: NewMessage) throws(SpoolError) -> PlacedContent {
        let header = new.header
        var hash = XXH64()
        body.withUnsafeReadableBytes { hash.update($0) }
        header.withUnsafeReadableBytes { hash.update($0) }
        let octets = body.readableBytes + header.readableBytes
        let kept = octets <= context.tuning.residentLimit ? [body] : nil
        guard octets > context.tuning.inlineLimit else {
            try takeRoom(octets, new)
            return PlacedContent(octets: octets, checksum: hash.finish(), extents: nil, kept: [body])
        }
        try takeRoom(header.readableBytes, new)
        let extent = try write(body)
        return PlacedContent(octets: octets, checksum: hash.finish(), extents: [extent], kept: kept)
    }

    /// - Throws: ``SpoolError``. All mail is refused then, unless these octets alone have no room.
    private func write(_ bytes: ByteBuffer) throws(SpoolError) -> Extent {
        do throws(SpoolError) {
            try appender.makeRoom(bytes.readableBytes)
        } catch {
            if error.code != .full { segmentsFailed(error) }
            throw error
        }
        do throws(SpoolError) {
            return try append(bytes)
        } catch {
            segmentsFailed(error)
            throw error
        }
    }

    private func append(_ bytes: ByteBuffer) throws(SpoolError) -> Extent {
        let result: Result<Extent, SpoolError> = bytes.withUnsafeReadableBytes { bytes in
            do throws(SpoolError) {
                return .success(try appender.append(bytes))
            } catch {
                return .failure(error)
            }
        }
        let extent = try result.get()
        if appender.isHalfFull { context.requestMaintenance(.prepareSegment) }
        return extent
    }

    private func keep(_ bytes: ByteBuffer, _ stream: inout OpenStream) {
        guard let kept = stream.kept else { return }
        guard stream.octets <= context.tuning.residentLimit, context.budget.allows(bytes.readableBytes) else {
            context.budget.remove(kept.octets)
            stream.kept = nil
            return
        }
        stream.kept?.append(bytes)
        context.budget.add(bytes.readableBytes)
    }

    private func fail(_ stream: inout OpenStream, _ name: ContentStream, _ error: SpoolError) {
        discard(&stream)
        stream.failure = error
        completions.add(.appendFailed(name, error), to: name.port)
    }

    private func discard(_ stream: inout OpenStream) {
        context.store.dropped(stream.extents)
        if !stream.extents.isEmpty, context.health.has(.space) { lookAgain() }
        if let kept = stream.kept { context.budget.remove(kept.octets) }
        stream = OpenStream(kept: nil)
    }

    private func segmentsFailed(_ error: SpoolError) {
        segmentFailed = true
        failed(error)
    }

    // MARK: Syncing

    /// Makes the octets of this group's messages durable; refuses the messages if that fails.
    func syncSegments() {
        guard changes.contains(where: \.needsSync) else { return }
        do throws(SpoolError) {
            try appender.sync()
        } catch {
            loseUnsynced(error)
        }
    }

    /// After a failed sync nothing written since the last one can be trusted.
    private func loseUnsynced(_ error: SpoolError) {
        let lost = appender.unsynced
        appender.abandonSegments()
        segmentsFailed(error)
        for (name, var stream) in streams where stream.extents.contains(where: { lost.contains($0.segment) }) {
            fail(&stream, name, error)
            streams[name] = stream
        }
        var remaining: [SpoolChange] = []
        for change in changes {
            if case .insert(let insert) = change,
                insert.placed.extents?.contains(where: { lost.contains($0.segment) }) == true
            {
                notInserted(insert, .refused(ticket: insert.asker.ticket, error))
            } else {
                remaining.append(change)
            }
        }
        changes = remaining
    }
}

extension SpoolChange {
    fileprivate var needsSync: Bool {
        switch self {
        case .insert(let insert): insert.placed.extents != nil
        case .begin, .outcome, .change, .relocate, .outbox: false
        }
    }
}

extension [ByteBuffer] {
    var octets: Int { reduce(0) { $0 + $1.readableBytes } }
}
