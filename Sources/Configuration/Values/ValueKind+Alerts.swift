internal import Alerts
internal import Mail
internal import SMTP

extension ValueKind<AlertKind> {
    /// What an alert is about.
    static let alertKind: ValueKind = {
        let known = ValueKind<AlertKind>.word(AlertKind.self)
        return ValueKind(name: known.name, bounds: known.bounds) { (raw) throws(InvalidValue) in
            if case .string(let word) = raw, AlertKind.later.contains(word) {
                throw InvalidValue(
                    "is for a later version: this one has nothing to look at for it", "remove this [[alert]]")
            }
            return try known.read(raw)
        } write: {
            known.write($0)
        }
    }()
}

extension ValueKind<AlertThreshold> {
    /// A duration, a number, a percentage or a size; which of them fits is checked with the alert's `when`.
    static let threshold = ValueKind(name: "duration, integer, percent or size", bounds: "not negative") {
        (raw) throws(InvalidValue) in
        let remedy = "write for example \"15m\", 1000, \"5%\" or \"5GiB\", as its when needs it"
        switch raw {
        case .integer(let number):
            guard number >= 0 else { throw InvalidValue("is negative", remedy) }
            return .count(number)
        case .string(let text):
            guard let threshold = parse(text) else { throw InvalidValue("is not a threshold", remedy) }
            return threshold
        case .float, .boolean, .date, .list, .table: throw InvalidValue("is not a threshold", remedy)
        }
    } write: { threshold in
        switch threshold {
        case .duration(let duration): RawValue.quote(DurationText.format(duration))
        case .count(let number): String(number)
        case .percent(let share): RawValue.quote("\(share == share.rounded() ? "\(Int(share))" : "\(share)")%")
        case .octets(let octets): RawValue.quote(SizeText.format(octets))
        }
    }

    private static func parse(_ text: String) -> AlertThreshold? {
        if text.hasSuffix("%") {
            let digits = text.dropLast()
            guard let quantity = Quantity(String(digits)), quantity.unit.isEmpty else { return nil }
            let share = Double(quantity.whole) + Double(quantity.thousandths) / 1000
            return share <= 100 ? .percent(share) : nil
        }
        if let duration = DurationText.parse(text) { return .duration(duration) }
        guard text.last?.isLetter == true, let octets = SizeText.parse(text) else { return nil }
        return .octets(octets)
    }
}

extension ValueKind<[String]> {
    /// Unique names, or none.
    static let labelsOrNone = ValueKind(name: "list of names", bounds: "") { (raw) throws(InvalidValue) in
        if case .list(let elements) = raw, elements.isEmpty { return [] }
        return try labels.read(raw)
    } write: {
        labels.write($0)
    }

    /// Addresses of people: one, or a list.
    static let mailboxes = ValueKind(name: "address, or list of them", bounds: "at most 50") {
        (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else { return [try mailbox(raw)] }
        guard elements.count <= 50 else { throw InvalidValue("has \(elements.count) addresses", "write at most 50") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let address = try mailbox(element)
            guard !before.contains(address) else { throw InvalidValue("is a duplicate", "remove one") }
            return address
        }
    } write: { addresses in
        "[" + addresses.map { RawValue.quote($0, limit: .max) }.joined(separator: ", ") + "]"
    }

    private static func mailbox(_ raw: RawValue) throws(InvalidValue) -> String {
        let remedy = "write for example \"ops@example.com\""
        guard case .string(let text) = raw else { throw InvalidValue("is not an address", remedy) }
        let isPlain = text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
        guard isPlain, let address = EnvelopePath.parse("<\(text)>")?.address, address.text == text else {
            throw InvalidValue("is not an address", remedy)
        }
        return text
    }

    /// A program and its arguments.
    static let words = ValueKind(name: "list of texts", bounds: "") { (raw) throws(InvalidValue) in
        let remedy = "write for example [\"/usr/local/bin/page-me\", \"--quiet\"]"
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list: there is no shell to split it", remedy)
        }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            guard case .string(let text) = element else { throw InvalidValue("is not a string", remedy) }
            guard !text.utf8.contains(0), !before.isEmpty || !text.isEmpty else {
                throw InvalidValue("is not a program", remedy)
            }
            return text
        }
    } write: { words in
        "[" + words.map { RawValue.quote($0, limit: .max) }.joined(separator: ", ") + "]"
    }
}
