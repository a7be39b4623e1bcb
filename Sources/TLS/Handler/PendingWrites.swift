internal import NIOCore

/// Plaintext that waits to be encrypted, in order; up to a mark it has been flushed.
struct PendingWrites {
    struct Batch {
        var data: ByteBuffer
        var promises: PromiseList
    }

    private struct Write {
        let data: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    /// As much fits into one record (RFC 8446 section 5.1).
    private static let recordLimit = 1 << 14

    private var writes: [Write] = []
    private var head = 0
    private var flushed = 0
    /// What could not be encrypted and goes first.
    private var returned: Batch?
    /// Octets in all that waits.
    private(set) var octets = 0

    mutating func append(_ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        octets += data.readableBytes
        writes.append(Write(data: data, promise: promise))
    }

    /// What has been written until now may be sent.
    mutating func flush() {
        flushed = writes.count
    }

    var hasFlushed: Bool { returned != nil || head < flushed }

    /// The next to be encrypted at once: one write, or several small ones that share a record.
    mutating func next() -> Batch? {
        if let batch = returned {
            returned = nil
            octets -= batch.data.readableBytes
            return batch
        }
        guard head < flushed else { return nil }
        var batch = Batch(data: writes[head].data, promises: PromiseList(writes[head].promise))
        head += 1
        while head < flushed, batch.data.readableBytes + writes[head].data.readableBytes <= Self.recordLimit {
            batch.data.writeImmutableBuffer(writes[head].data)
            batch.promises.append(writes[head].promise)
            head += 1
        }
        octets -= batch.data.readableBytes
        if head == writes.count { forget() }
        return batch
    }

    mutating func putBack(_ batch: Batch) {
        octets += batch.data.readableBytes
        returned = batch
    }

    /// Takes out the promises of all that waits.
    mutating func cancel() -> PromiseList {
        var promises = returned?.promises ?? PromiseList(nil)
        for write in writes[head...] { promises.append(write.promise) }
        returned = nil
        octets = 0
        forget()
        return promises
    }

    private mutating func forget() {
        writes.removeAll(keepingCapacity: writes.count == 1)
        head = 0
        flushed = 0
    }
}

/// Promises that are kept or broken together, in order; mostly none or one.
struct PromiseList {
    private var first: EventLoopPromise<Void>?
    private var others: [EventLoopPromise<Void>] = []

    init(_ promise: EventLoopPromise<Void>?) {
        first = promise
    }

    mutating func append(_ promise: EventLoopPromise<Void>?) {
        guard let promise else { return }
        if first == nil { first = promise } else { others.append(promise) }
    }

    mutating func append(_ list: PromiseList) {
        append(list.first)
        others.append(contentsOf: list.others)
    }

    /// One promise for all.
    func combined(on loop: any EventLoop) -> EventLoopPromise<Void>? {
        guard !others.isEmpty else { return first }
        let promise = loop.makePromise(of: Void.self)
        promise.futureResult.whenComplete { complete($0) }
        return promise
    }

    func complete(_ result: Result<Void, any Error>) {
        first?.completeWith(result)
        for promise in others { promise.completeWith(result) }
    }
}
