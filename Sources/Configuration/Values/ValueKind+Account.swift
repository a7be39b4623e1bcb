internal import SASL

extension ValueKind<Credentials.Secret> {
    /// A password; never written, only the reference to its source.
    static let password = ValueKind(name: "secret", bounds: "\"${NAME}\"") { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw else {
            throw InvalidValue("is not a string", "write for example \"${SMTP_PASSWORD}\"").discreet
        }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw InvalidValue("is not a password", "check its environment variable").discreet
        }
        return .password(Array(text.utf8))
    } write: { _ in
        RawValue.quote("${SMTP_PASSWORD}")
    }
}

extension InvalidValue {
    /// Configuration files get copied, shown and kept in histories.
    static let secretInFile = InvalidValue(
        "must not be written in the file",
        "write the name of an environment variable, such as \"${SMTP_PASSWORD}\", or use "
            + "password_file"
    ).discreet
}
