internal import Mail
internal import SMTP
internal import Spool

extension ExportedEnvelope {
    /// Takes a field.
    ///
    /// - Parameter line: without its end.
    /// - Throws: ``AdminError`` describing the problem.
    mutating func take(_ line: String, _ number: Int) throws(AdminError) {
        guard let colon = line.firstIndex(of: ":") else { throw Self.problem(number, "there is no colon") }
        let name = line[..<colon].dropFirst(Field.prefix.count).lowercased()
        guard let field = Field(rawValue: name) else {
            throw Self.problem(number, "no field has the name \(line[..<colon])")
        }
        let value = String(
            line[line.index(after: colon)...].drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        guard !value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
            throw Self.problem(number, "it contains control characters")
        }
        guard field != .notice || value != NoticeKind.probe.rawValue else {
            throw Self.problem(number, "it is a probe of a round trip, and the relay sends others by itself")
        }
        guard take(field, value) else { throw Self.problem(number, "“\(value)” is not valid there") }
    }

    static func problem(_ number: Int, _ reason: String) -> AdminError {
        AdminError(.badRequest, "line \(number) of the envelope: \(reason)")
    }

    /// - Returns: false for an invalid value.
    private mutating func take(_ field: Field, _ value: String) -> Bool {
        switch field {
        case .version: return value == Self.version
        case .received, .origin: return true
        case .id: return Self.setOptional(&sourceID, value.isEmpty ? nil : value)
        case .sender: return Self.set(&sender, EnvelopePath.parse(value))
        case .options: return Self.set(&options, MessageOptions(parameters: value))
        case .body: return Self.set(&body, BodyType(rawValue: value))
        case .priority: return Self.set(&priority, Priority.allCases.first { $0.name == value })
        case .user: return Self.setOptional(&user, value.isEmpty ? nil : value)
        case .route: return Self.setOptional(&route, value.isEmpty ? nil : value)
        case .stream:
            stream = StreamName.isReserved(value) ? nil : value
            return StreamName.isValid(value)
        case .relays: return Self.set(&relays, value.split(separator: " ").map(String.init))
        case .releaseAt: return Self.setOptional(&releaseAt, Timestamp(rfc3339: value))
        case .notice: return Self.setOptional(&notice, NoticeKind(rawValue: value))
        case .recipient:
            guard let recipient = recipient(value) else { return false }
            recipients.append(recipient)
            return true
        }
    }

    private static func set<Value>(_ property: inout Value, _ value: Value?) -> Bool {
        guard let value else { return false }
        property = value
        return true
    }

    private static func setOptional<Value>(_ property: inout Value?, _ value: Value?) -> Bool {
        property = value
        return value != nil
    }

    /// What may have left already is held: a person decides.
    private func recipient(_ value: String) -> Recipient? {
        guard
            let start = value.hasPrefix("<")
                ? value.startIndex : value.range(of: " <").map({ value.index(after: $0.lowerBound) }),
            let address = EnvelopePath.parse(String(value[start...]))?.address
        else { return nil }
        var words = value[..<start].split(separator: " ").map(String.init)
        var state = "queued"
        if let first = words.first, !first.contains("=") {
            state = first
            words.removeFirst()
        }
        guard let options = RecipientOptions(parameters: words.joined(separator: " ")) else { return nil }
        var recipient = Recipient(address: address, options: options)
        switch state {
        case "queued", "deferred", "scheduled": break
        case "held": recipient.markHeld(.operator, "held where it was exported")
        case "in_doubt", "delivering":
            recipient.markHeld(.operator, "an upstream may have it: it was \(state) where it was exported")
        default: return nil
        }
        return recipient
    }
}

extension String {
    /// The first occurrence of a short text.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
