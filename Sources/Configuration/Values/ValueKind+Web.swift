internal import Mail
internal import Outbound
internal import Webhooks

extension ValueKind<WebURL> {
    /// An `http` or `https` URL.
    static let webURL = ValueKind(name: "URL", bounds: "http or https") { (raw) throws(InvalidValue) in
        try WebURL.read(raw, example: "https://app.example.com/posthorse").url
    } write: {
        RawValue.quote($0.text, limit: .max)
    }
}

extension ValueKind<String> {
    /// The same, as it is written.
    static let webURL = ValueKind(name: "URL", bounds: "http or https") { (raw) throws(InvalidValue) in
        try WebURL.read(raw, example: "https://ops.example.com/alerts").text
    } write: {
        RawValue.quote($0, limit: .max)
    }
}

extension WebURL {
    /// Its path may be a secret, so no problem shows it.
    fileprivate static func read(_ raw: RawValue, example: String) throws(InvalidValue) -> (text: String, url: WebURL) {
        let remedy = "write for example \"\(example)\""
        guard case .string(let text) = raw else { throw InvalidValue("is not a URL", remedy).discreet }
        do throws(WebError) {
            return (text, try WebURL(parsing: text))
        } catch {
            throw InvalidValue(error.message, remedy).discreet
        }
    }
}

extension ValueKind<[WebhookEvent]> {
    /// Unique words, at least one.
    static let webhookEvents: ValueKind = {
        let word = ValueKind<WebhookEvent>.word(WebhookEvent.self)
        return ValueKind(name: "list of words", bounds: word.bounds) { (raw) throws(InvalidValue) in
            let remedy = "write for example [\"delivered\", \"failed\"]"
            guard case .list(let elements) = raw else { throw InvalidValue("is not a list of words", remedy) }
            guard !elements.isEmpty else { throw InvalidValue("is empty", remedy) }
            return try elements.readEach { (element, before) throws(InvalidValue) in
                let event = try word.read(element)
                guard !before.contains(event) else { throw InvalidValue("is a duplicate", "remove one") }
                return event
            }
        } write: { events in
            "[" + events.map(word.write).joined(separator: ", ") + "]"
        }
    }()
}

extension ValueKind<[String]> {
    /// Unique names of users, perhaps none.
    static let userNames = ValueKind(name: "list of names", bounds: "at most 1000") { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of names", "write for example [\"shop\", \"blog\"]")
        }
        guard elements.count <= 1000 else { throw InvalidValue("has \(elements.count) names", "keep at most 1000") }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let name = try ValueKind<String>.userName.read(element)
            guard !before.contains(name) else { throw InvalidValue("is a duplicate", "remove one") }
            return name
        }
    } write: { names in
        "[" + names.map { RawValue.quote($0, limit: .max) }.joined(separator: ", ") + "]"
    }
}
