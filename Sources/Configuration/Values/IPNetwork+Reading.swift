internal import Mail

extension IPNetwork {
    /// Reads a network as written in relay.conf: bits after the prefix must be zero.
    init(configured text: String) throws(InvalidValue) {
        let (address, network) = try Self.reading(text)
        guard network.address == address else {
            throw InvalidValue(
                "has bits set after its prefix",
                "write \"\(network)\" for the network or \"\(address)\" for that address alone")
        }
        self = network
    }

    private static func reading(_ text: String) throws(InvalidValue) -> (address: IPAddress, network: IPNetwork) {
        do throws(FormatError) {
            return try parse(text)
        } catch {
            switch error {
            case .address:
                throw InvalidValue(
                    "is not a network", "write for example \"10.0.0.0/8\", \"192.0.2.7\" or \"2001:db8::/32\"")
            case .prefix(let address, let width):
                throw InvalidValue(
                    "needs a prefix length from 0 to \(width)",
                    "write for example \"\(address)/\(address.isIPv4 ? 32 : 128)\" for that address alone")
            }
        }
    }
}
