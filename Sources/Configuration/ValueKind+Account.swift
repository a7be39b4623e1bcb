internal import SASL

extension ValueKind<Bool> {
    /// Yes or no.
    static let flag = ValueKind(name: "boolean", bounds: "true, false") { (raw) throws(Complaint) in
        guard case .boolean(let flag) = raw else { throw Complaint("is not a boolean", "write true or false") }
        return flag
    } write: {
        String($0)
    }
}

extension ValueKind<Credentials.Secret> {
    /// A password; it is never written, only the way to give one.
    static let password = ValueKind(name: "secret", bounds: "\"${NAME}\"") { (raw) throws(Complaint) in
        guard case .string(let text) = raw else {
            throw Complaint("is not a string", "write for example \"${SMTP_PASSWORD}\"").discreet
        }
        guard !text.isEmpty, !text.utf8.contains(0) else {
            throw Complaint("is no password", "check what its environment variable holds").discreet
        }
        return .password(Array(text.utf8))
    } write: { _ in
        RawValue.quote("${SMTP_PASSWORD}")
    }
}

extension Complaint {
    /// Files of configuration are copied, shown and kept in histories.
    static let secretInFile = Complaint(
        "must not stand in the file",
        "write the name of an environment variable, such as \"${SMTP_PASSWORD}\", or use "
            + "password_file"
    ).discreet
}
