internal import Mail

extension ValueKind<String> {
    /// Text that passes a test.
    private static func text(
        _ name: String, bounds: String = "", invalidValue: InvalidValue, _ isValid: @escaping @Sendable (String) -> Bool
    ) -> ValueKind {
        ValueKind(name: name, bounds: bounds) { (raw) throws(InvalidValue) in
            guard case .string(let text) = raw else {
                throw InvalidValue("is not a string", "write it in quotes, such as \"…\"")
            }
            guard isValid(text) else { throw invalidValue }
            return text
        } write: {
            RawValue.quote($0, limit: .max)
        }
    }

    /// A fully qualified host name.
    static let domainName = text(
        "host name",
        invalidValue: InvalidValue(
            "is not a host name", "write letters, digits, hyphens and dots, such as \"relay.example.com\""),
        DomainName.isValid)

    /// Name of an upstream in logs, metrics and commands.
    static let label = text(
        "name", bounds: "1 to 64 of A-Z a-z 0-9 _ . -",
        invalidValue: InvalidValue("is not a name", "write 1 to 64 letters, digits, dots, hyphens and underscores")
    ) { name in
        (1...64).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                scalar.isASCII && (scalar.properties.isAlphabetic || "0123456789_.-".unicodeScalars.contains(scalar))
            }
    }

    /// Name of a stream.
    static let streamName = text(
        "name", bounds: "1 to \(StreamName.limit) octets",
        invalidValue: InvalidValue(
            "is not the name of a stream",
            "write 1 to \(StreamName.limit) octets without control characters, but not \"\(StreamName.other)\"")
    ) { StreamName.isValid($0) && !StreamName.isReserved($0) }

    /// Name of a stream, or a pattern.
    static let streamPattern = text(
        "name, or pattern", bounds: "1 to \(StreamName.limit) octets",
        invalidValue: InvalidValue(
            "is not the name of a stream", "write a name, or a pattern such as \"newsletter-*\""),
        StreamName.isValid)

    /// The relay's user name at an upstream.
    static let username = text(
        "text", bounds: "1 to 255 octets",
        invalidValue: InvalidValue("is not a user name", "write 1 to 255 octets without control characters")
    ) { name in
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    }

    /// A client at a token endpoint (RFC 6749 appendix A.1).
    static let clientID = text(
        "text", bounds: "1 to 255 octets",
        invalidValue: InvalidValue("is not a client ID", "write 1 to 255 visible characters of ASCII")
    ) { name in
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy { (0x21...0x7E).contains($0) }
    }

    /// A directory at Microsoft; part of a URL.
    static let tenant = text(
        "name", invalidValue: InvalidValue("is not a tenant", "write a domain name, or an ID in hexadecimal digits")
    ) { name in
        (1...255).contains(name.utf8.count) && name.utf8.allSatisfy(isTenantOctet)
    }

    private static func isTenantOctet(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// Words with single spaces between them (RFC 6749 section 3.3).
    static let scope = text(
        "words", invalidValue: InvalidValue("is not a scope", "write words with single spaces between them")
    ) { scope in
        (1...1024).contains(scope.utf8.count)
            && scope.utf8.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).allSatisfy { word in
                !word.isEmpty && word.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
            }
    }

    /// A group of the system.
    static let group = text(
        "group", invalidValue: InvalidValue("is not the name of a group", "write for example \"operators\"")
    ) { name in
        (1...256).contains(name.utf8.count)
            && name.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "/") }
    }

    /// The name of a file in a known directory.
    static let fileName = text(
        "file name", invalidValue: InvalidValue("is not a file name", "write it without \"/\", such as \"smtp\"")
    ) { name in
        !name.isEmpty && name != "." && name != ".." && !name.utf8.contains(0) && !name.contains("/")
    }

    /// The name in a certificate: a host name or an IP address.
    static let certificateName = text(
        "host", invalidValue: InvalidValue("is not a host name or IP address", "write for example \"smtp.example.com\"")
    ) { name in
        DomainName.isValid(name) || IPAddress(name) != nil
    }

    /// A file system path; relative paths begin at the directory of relay.conf.
    static func path(_ example: String) -> ValueKind {
        text("path", invalidValue: InvalidValue("is not a path", "write for example \"\(example)\"")) { path in
            !path.isEmpty && !path.utf8.contains(0)
        }
    }

    /// One of several words; `later` lists those reserved for a later version.
    static func word(_ words: [String], later: [String] = []) -> ValueKind {
        let remedy = "write " + choice(words)
        return ValueKind(name: "word", bounds: words.joined(separator: ", ")) { (raw) throws(InvalidValue) in
            guard case .string(let word) = raw else { throw InvalidValue("is not a valid value", remedy) }
            if later.contains(word) { throw InvalidValue("is not supported in this version", remedy) }
            guard words.contains(word) else { throw InvalidValue("is not a valid value", remedy) }
            return word
        } write: {
            RawValue.quote($0)
        }
    }

    /// `"a", "b" or "c"`.
    private static func choice(_ words: [String]) -> String {
        let quoted = words.map { RawValue.quote($0) }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + " or " + last
    }
}

extension ValueKind where Value: RawRepresentable<String> & CaseIterable {
    /// A case of an enumeration, by raw value.
    static func word(_: Value.Type) -> ValueKind {
        let words = ValueKind<String>.word(Value.allCases.map(\.rawValue))
        return ValueKind(name: words.name, bounds: words.bounds) { (raw) throws(InvalidValue) in
            let word = try words.read(raw)
            guard let value = Value(rawValue: word) else { preconditionFailure("\(word) was one of the words") }
            return value
        } write: {
            words.write($0.rawValue)
        }
    }
}
