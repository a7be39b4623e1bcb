extension ValueKind<String> {
    /// A connection string of libpq, without a password. No problem shows it: somebody may have tried one with a password.
    static let connectionString = ValueKind(name: "connection string", bounds: "") { (raw) throws(InvalidValue) in
        guard case .string(let text) = raw, !text.isEmpty else {
            throw InvalidValue(
                "is not a connection string", "write for example \"host=db1 dbname=posthorse user=posthorse\"")
        }
        let string: ConnectionString
        do throws(ConnectionString.Problem) {
            string = try ConnectionString(text)
        } catch {
            throw InvalidValue("is not a connection string: \(error.description)", "docs/cluster.md has examples")
                .discreet
        }
        switch string.secret {
        case nil: return text
        case "password":
            throw InvalidValue(
                "has a password in it", "take it out, and write it into a file that password_file names"
            ).discreet
        case let name?:
            throw InvalidValue("has \(name) in it", "take it out: the file shows it to whoever may read it").discreet
        }
    } write: {
        RawValue.quote($0, limit: .max)
    }

    /// The name of a relay in its cluster.
    static let nodeName = ValueKind(name: "name", bounds: "1 to 63 letters, digits, \".\", \"-\" and \"_\"") {
        (raw) throws(InvalidValue) in
        guard case .string(let text) = raw, (1...63).contains(text.utf8.count),
            text.utf8.allSatisfy(isAllowed)
        else {
            throw InvalidValue("is not a name", "write 1 to 63 letters, digits, \".\", \"-\" and \"_\" in quotes")
        }
        return text
    } write: {
        "\"\($0)\""
    }

    private static func isAllowed(_ octet: UInt8) -> Bool {
        switch octet {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
