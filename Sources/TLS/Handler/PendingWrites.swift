internal import NIOCore

/// Plaintext waiting to be encrypted, in order; flushed up to a mark.
struct PendingWrites {
    struct Batch {
        var data: ByteBuffer
        var promises: PromiseList
    }

    private struct Write {
        let data: ByteBuffer
        let promise: EventLoopPromise<Void>?
    }

    /// Maximum plaintext per record (RFC 8446 section 5.1).
    private static let recordLimit = 1 << 14

    private var writes: [Write] = []
    private var head = 0
    private var flushed = 0
    /// A batch that could not be encrypted and goes first.
    private var returned: Batch?
    /// Total octets waiting.
    private(set) var octets = 0

    mutating func append(_ data: ByteBuffer, _ promise: EventLoopPromise<Void>?) {
        octets += data.readableBytes
        writes.append(Write(data: data, promise: promise))
    }

    /// Everything written so far may be sent.
    mutating func flush() {
        flushed = writes.count
    }

    var hasFlushed: Bool { returned != nil || head < flushed }

    /// The next batch to encrypt: one write, or several small ones that share a record.
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

    /// Removes and returns the promises of everything waiting.
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

/// Promises that succeed or fail together, in order; mostly none or one.
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

    /// A single promise for all of them.
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
