internal import Mail

extension ValueKind<[AddedField]> {
    /// Header fields that go in front of messages.
    static let addedFields = ValueKind(
        name: "list of fields", bounds: "`Name: value`; at most 998 octets in a line"
    ) { (raw) throws(InvalidValue) in
        guard case .list(let elements) = raw else {
            throw InvalidValue("is not a list of fields", "write for example [\"X-PM-Message-Stream: broadcast\"]")
        }
        return try elements.readEach { (element, before) throws(InvalidValue) in
            let field = try field(element)
            guard !before.contains(where: { $0.lowerName == field.lowerName }) else {
                throw InvalidValue("has a name that is there already", "remove one of the two")
            }
            return field
        }
    } write: { fields in
        "[" + fields.map { RawValue.quote($0.text, limit: .max) }.joined(separator: ", ") + "]"
    }

    private static func field(_ raw: RawValue) throws(InvalidValue) -> AddedField {
        guard case .string(let text) = raw else {
            throw InvalidValue("is not a string", "write it in quotes, such as \"…\"")
        }
        do throws(AddedField.Fault) {
            return try AddedField(text)
        } catch {
            throw invalid(error)
        }
    }

    private static func invalid(_ fault: AddedField.Fault) -> InvalidValue {
        switch fault {
        case .noColon: InvalidValue("has no colon", "write \"Name: value\"")
        case .badName: InvalidValue("has no name of a header field", "write visible ASCII before the colon")
        case .reserved:
            InvalidValue("has a name that the application or the relay itself decides about", "use another field")
        case .noValue: InvalidValue("has no value", "write \"Name: value\", or remove it")
        case .badValue: InvalidValue("has a control character in its value", "write it on one line")
        case .tooLong: InvalidValue("is too long", "write at most 998 octets, or 16 KiB beyond ASCII")
        }
    }
}
