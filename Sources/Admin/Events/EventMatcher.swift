internal import Mail
internal import Telemetry
internal import Upstreams

/// The conditions of an ``EventQuestion``, prepared to decide about many events.
struct EventMatcher: Sendable {
    private let types: [[UInt8]]
    private let level: LogLevel?
    private let queueID: QueueID?
    private let upstream: Glob?
    private let sender, recipient: AddressPart?
    private let needed: Int

    init(_ question: EventQuestion) {
        types = question.types.map { Array($0.utf8) }
        level = question.level
        queueID = question.queueID
        upstream = question.upstream.map { Glob($0) }
        sender = question.sender.map(AddressPart.init)
        recipient = question.recipient.map(AddressPart.init)
        needed = [queueID != nil, upstream != nil, sender != nil, recipient != nil].count { $0 }
    }

    var matchesAll: Bool { types.isEmpty && level == nil && needed == 0 }

    /// Whether an event has every field that is asked for, with such a value.
    func matches(_ record: LogRecord) -> Bool {
        if let level, record.level < level { return false }
        guard types.isEmpty || types.contains(where: { record.event.elementsEqual($0) }) else { return false }
        guard needed > 0 else { return true }
        var met: Set<Condition> = []
        for field in record.fields where !field.isForeign {
            if let condition = condition(field) { met.insert(condition) }
        }
        return met.count == needed
    }

    private enum Condition {
        case queueID, upstream, sender, recipient
    }

    /// The condition that a field meets.
    private func condition(_ field: LogRecord.Field) -> Condition? {
        if isID(field.name), let queueID { return isID(field.value, queueID) ? .queueID : nil }
        if field.name.is("upstream"), let upstream { return upstream.matches(field.value.text) ? .upstream : nil }
        if field.name.is("from"), let sender { return sender.matches(field.value.text) ? .sender : nil }
        if field.name.is("to"), let recipient, case .addresses(let addresses) = field.value {
            return addresses.contains { recipient.matches($0.octets) } ? .recipient : nil
        }
        return nil
    }

    private func isID(_ name: UnsafeRawBufferPointer) -> Bool { name.is("id") || name.is("notice_id") }

    private func isID(_ value: LogRecord.Value, _ wanted: QueueID) -> Bool {
        if case .id(let id) = value { return id == wanted }
        return value.text.elementsEqual(wanted.description.utf8)
    }
}

extension LogRecord.Value {
    /// The octets of a text; none for anything else.
    fileprivate var text: UnsafeRawBufferPointer {
        switch self {
        case .text(let text), .sender(let text): text.octets
        case .number, .id, .time, .duration, .addresses: UnsafeRawBufferPointer(start: nil, count: 0)
        }
    }
}

extension UnsafeRawBufferPointer {
    fileprivate func `is`(_ name: StaticString) -> Bool {
        count == name.utf8CodeUnitCount && elementsEqual(UnsafeBufferPointer(start: name.utf8Start, count: count))
    }
}

extension Glob {
    fileprivate func matches(_ octets: UnsafeRawBufferPointer) -> Bool { matches(octets: octets) }
}
