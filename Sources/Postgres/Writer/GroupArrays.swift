internal import Mail
internal import NIOCore
internal import Spool

/// The columns of ``GroupStatements/insertMessages``.
struct MessageArrays {
    private var numbers = [PostgresArray](repeating: PostgresArray(.integer), count: 12)
    private var texts = [PostgresArray](repeating: PostgresArray(.text), count: 9)
    private var scratch: [UInt8] = []

    mutating func reserve(_ count: Int) {
        for index in numbers.indices { numbers[index].reserve(octets: 12 * count) }
    }

    mutating func add(_ arrival: Arrival) {
        let (message, placement) = (arrival.new.message, arrival.placement)
        let due = DueState(message.recipients)
        let values: [Int?] = [
            Int(message.id.rawValue), Int(message.receivedAt.milliseconds),
            due.nextAttemptAt.map { Int($0.milliseconds) }, message.releaseAt.map { Int($0.milliseconds) },
            placement.chunks, Int(Int64(bitPattern: placement.checksum)), placement.octets, message.size,
            message.cycles, Int(message.priority.rawValue), due.flags, StoredBody(message).column,
        ]
        for (index, value) in values.enumerated() { numbers[index].append(value) }
        texts[0].append(stored: message.sender.address?.text)
        texts[1].append(stored: message.messageID)
        texts[2].append(stored: message.origin)
        RecipientText.encode(message.recipients, into: &scratch)
        texts[3].append(octets: scratch)
        texts[4].append(stored: message.user)
        texts[5].append(stored: message.options == .none ? nil : message.options.parameters)
        texts[6].append(stored: RoutingText.encode(message.routing))
        texts[7].append(stored: message.notice?.rawValue)
        texts[8].append(stored: message.boundUpstream)
    }

    var query: PostgresQuery? {
        guard numbers[0].count > 0 else { return nil }
        return PostgresQuery(GroupStatements.insertMessages, (numbers + texts).map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/insertContents``.
struct ContentArrays {
    private var (ids, headers, bodies) = (PostgresArray(.integer), PostgresArray(.bytes), PostgresArray(.bytes))

    mutating func reserve(_ arrivals: [Arrival]) {
        bodies.reserve(octets: arrivals.reduce(0) { $0 + ($1.placement.chunks == nil ? $1.placement.octets + 4 : 4) })
    }

    mutating func add(_ arrival: Arrival) {
        guard case .whole(let body) = arrival.new.content else { return add(arrival, body: nil) }
        add(arrival, body: body)
    }

    mutating func add(_ arrival: Arrival, body: ByteBuffer?) {
        ids.append(Int(arrival.new.message.id.rawValue))
        headers.append(arrival.new.header)
        if let body { bodies.append(body) } else { bodies.appendNull() }
    }

    var query: PostgresQuery? {
        guard ids.count > 0 else { return nil }
        return PostgresQuery(GroupStatements.insertContents, [ids, headers, bodies].map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/insertChunks``.
struct ChunkArrays {
    private let size: Int
    private var (names, numbers, bytes) = (PostgresArray(.integer), PostgresArray(.integer), PostgresArray(.bytes))

    init(_ size: Int) {
        self.size = size
    }

    /// Number of chunks for as many octets.
    static func count(of octets: Int, size: Int) -> Int { (octets + size - 1) / size }

    mutating func add(_ content: Int, from first: Int, _ octets: ByteBuffer) {
        var (rest, number) = (octets, first)
        while let chunk = rest.readSlice(length: min(size, rest.readableBytes)), chunk.readableBytes > 0 {
            names.append(content)
            numbers.append(number)
            bytes.append(chunk)
            number += 1
        }
    }

    var query: PostgresQuery? {
        guard names.count > 0 else { return nil }
        return PostgresQuery(GroupStatements.insertChunks, [names, numbers, bytes].map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/update``.
struct UpdateArrays {
    private var ids = PostgresArray(.integer)
    private var recipients = PostgresArray(.text)
    private var numbers = [PostgresArray](repeating: PostgresArray(.integer), count: 4)
    private var bounds = PostgresArray(.text)
    private var releases = PostgresArray(.integer)
    private var (times, upstreams, indexes) = (PostgresArray(.integer), PostgresArray(.text), PostgresArray(.text))
    private var scratch: [UInt8] = []

    mutating func add(_ id: QueueID, _ state: GroupWrites.Update.Settled, _ open: OpenAttempt?) {
        let due = DueState(state.recipients)
        ids.append(Int(id.rawValue))
        RecipientText.encode(state.recipients, into: &scratch)
        recipients.append(octets: scratch)
        let values = [due.nextAttemptAt.map { Int($0.milliseconds) }, due.flags, state.cycles, state.ledger]
        for (index, value) in values.enumerated() { numbers[index].append(value) }
        bounds.append(stored: state.boundUpstream)
        releases.append(state.releaseAt.map { Int($0.milliseconds) })
        times.append(open.map { Int($0.startedAt.milliseconds) })
        upstreams.append(stored: open?.upstream)
        indexes.append(open.map { RecipientText.encode(indexes: $0.recipients) })
    }

    var query: PostgresQuery? {
        guard ids.count > 0 else { return nil }
        let arrays = [ids, recipients] + numbers + [bounds, releases, times, upstreams, indexes]
        return PostgresQuery(GroupStatements.update, arrays.map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/begin``.
struct BeginArrays {
    private var (ids, times) = (PostgresArray(.integer), PostgresArray(.integer))
    private var (upstreams, indexes) = (PostgresArray(.text), PostgresArray(.text))

    mutating func add(_ id: QueueID, _ open: OpenAttempt) {
        ids.append(Int(id.rawValue))
        times.append(Int(open.startedAt.milliseconds))
        upstreams.append(stored: open.upstream)
        indexes.append(RecipientText.encode(indexes: open.recipients))
    }

    var query: PostgresQuery? {
        guard ids.count > 0 else { return nil }
        return PostgresQuery(GroupStatements.begin, [ids, times, upstreams, indexes].map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/insertAttempts``.
struct AttemptArrays {
    private var numbers = [PostgresArray](repeating: PostgresArray(.integer), count: 4)
    private var dots = PostgresArray(.bool)
    private var texts = [PostgresArray](repeating: PostgresArray(.text), count: 6)

    mutating func add(_ id: QueueID, _ number: Int, _ record: AttemptRecord) {
        let values = [
            Int(id.rawValue), number, Int(record.startedAt.milliseconds), Int(record.endedAt.milliseconds),
        ]
        for (index, value) in values.enumerated() { numbers[index].append(value) }
        if let isSent = record.dotSent { dots.append(isSent) } else { dots.appendNull() }
        let words = [
            record.upstream, RecipientText.encode(indexes: record.recipients), record.outcome.rawValue, record.phase,
            record.reply, record.tls,
        ]
        for (index, word) in words.enumerated() { texts[index].append(stored: word) }
    }

    var query: PostgresQuery? {
        guard dots.count > 0 else { return nil }
        return PostgresQuery(GroupStatements.insertAttempts, (numbers + [dots] + texts).map(PostgresValue.array))
    }
}

/// The columns of ``GroupStatements/keepContents``.
struct KeptArrays {
    private var numbers = [PostgresArray](repeating: PostgresArray(.integer), count: 5)

    mutating func add(_ removal: GroupWrites.Removal) {
        let values = [
            removal.keptWith, Int(removal.id.rawValue), removal.octets, Int(Int64(bitPattern: removal.checksum)),
            removal.chunks,
        ]
        for (index, value) in values.enumerated() { numbers[index].append(value) }
    }

    var query: PostgresQuery? {
        guard numbers[0].count > 0 else { return nil }
        return PostgresQuery(GroupStatements.keepContents, numbers.map(PostgresValue.array))
    }
}

extension PostgresArray {
    /// Text as PostgreSQL stores it, which knows no NUL: a space stands for it.
    mutating func append(stored text: String?) {
        guard let text else { return appendNull() }
        guard text.utf8.contains(0) else { return append(text) }
        append(octets: text.utf8.map { $0 == 0 ? UInt8(ascii: " ") : $0 })
    }
}
