/// Sizes as written in relay.conf: `50MiB` (1024-based), `50MB` (1000-based), `1024` (octets).
enum SizeText {
    static let binary: [(name: String, octets: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]
    static let decimal: [(name: String, octets: Int)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1), ("", 1),
    ]

    /// nil if the text is not a size, is not a whole number of octets, or exceeds 8 EiB. The case of the unit does not
    /// matter.
    static func parse(_ text: String) -> Int? {
        guard let quantity = Quantity(text) else { return nil }
        let name = quantity.unit.lowercased()
        guard let unit = (binary + decimal).first(where: { $0.name.lowercased() == name }) else { return nil }
        return quantity.times(unit.octets)
    }

    /// In the largest 1024-based unit that yields a whole number.
    static func format(_ octets: Int) -> String {
        guard octets != 0, let unit = binary.first(where: { octets % $0.octets == 0 }) else { return "\(octets)B" }
        return "\(octets / unit.octets)\(unit.name)"
    }
}
