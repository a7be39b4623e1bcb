internal import Mail

extension PasswordHash {
    /// Parses a line written by `posthorse hash-password`.
    ///
    /// - Throws: ``PasswordHashError`` with the problem.
    package init(text: String) throws(PasswordHashError) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 2, parts[0].isEmpty else {
            throw PasswordHashError("it does not begin with \"$scrypt$\"")
        }
        guard parts[1] == "scrypt" else { throw PasswordHashError("its kind is not \"scrypt\"") }
        guard parts.count == 5 || parts.count == 10 else {
            throw PasswordHashError("it has \(parts.count - 1) parts, not 4 or 9")
        }
        let numbers = try Self.numbers(parts[2], ["ln", "r", "p"])
        var cost = PasswordCost(
            exponent: numbers[0], blockSize: numbers[1], parallelism: numbers[2],
            scramIterations: PasswordCost.iterations.lowerBound)
        let salt = try Self.octets(parts[3], "salt", 8...64)
        let hash = try Self.octets(parts[4], "hash", 16...64)
        let keys = parts.count == 10 ? try Self.keys(parts[5...]) : nil
        if let keys { cost.scramIterations = keys.iterations }
        if let fault = cost.fault { throw PasswordHashError(fault) }
        self.init(cost: cost, salt: salt, hash: hash, scramKeys: keys)
    }

    private static func keys(_ parts: ArraySlice<String>) throws(PasswordHashError) -> SCRAMKeys {
        let parts = Array(parts)
        guard parts[0] == "scram-sha-256" else {
            throw PasswordHashError("the kind of its second half is not \"scram-sha-256\"")
        }
        return SCRAMKeys(
            salt: try octets(parts[2], "salt of SCRAM", 8...64), iterations: try numbers(parts[1], ["i"])[0],
            storedKey: try octets(parts[3], "stored key", 32...32),
            serverKey: try octets(parts[4], "server key", 32...32))
    }

    /// The numbers of `ln=14,r=8,p=5`, whose names and order are fixed.
    private static func numbers(_ text: String, _ names: [String]) throws(PasswordHashError) -> [Int] {
        let form = names.map { "\($0)=…" }.joined(separator: ",")
        let items = text.split(separator: ",", omittingEmptySubsequences: false)
        guard items.count == names.count else { throw PasswordHashError("its costs are not written \"\(form)\"") }
        var numbers: [Int] = []
        for (item, name) in zip(items, names) {
            guard item.hasPrefix(name + "="), let number = SCRAMMessage.number(String(item.dropFirst(name.count + 1)))
            else { throw PasswordHashError("its costs are not written \"\(form)\"") }
            numbers.append(number)
        }
        return numbers
    }

    private static func octets(
        _ text: String, _ name: String, _ sizes: ClosedRange<Int>
    ) throws(PasswordHashError) -> [UInt8] {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        guard !text.contains("="), let octets = Base64.decode((text + padding).utf8) else {
            throw PasswordHashError("its \(name) is not base 64 without padding")
        }
        guard sizes.contains(octets.count) else {
            let range = sizes.count == 1 ? "\(sizes.lowerBound)" : "\(sizes.lowerBound) to \(sizes.upperBound)"
            throw PasswordHashError("its \(name) has \(octets.count) octets, not \(range)")
        }
        return octets
    }
}
