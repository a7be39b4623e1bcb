/// Sizes as relay.conf writes them: `50MiB` (1024 based), `50MB` (1000 based), `1024` (octets).
enum SizeText {
    static let binary: [(name: String, octets: Int)] = [
        ("TiB", 1 << 40), ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10),
    ]
    static let decimal: [(name: String, octets: Int)] = [
        ("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1000), ("B", 1), ("", 1),
    ]

    /// nil where the text is no size, or one that is no whole number of octets, or one of more than 8 EiB. The case of
    /// the unit does not matter.
    static func parse(_ text: String) -> Int? {
        guard let quantity = Quantity(text) else { return nil }
        let name = quantity.unit.lowercased()
        guard let unit = (binary + decimal).first(where: { $0.name.lowercased() == name }) else { return nil }
        return quantity.times(unit.octets)
    }

    /// In the greatest 1024-based unit that keeps the number whole.
    static func format(_ octets: Int) -> String {
        guard octets != 0, let unit = binary.first(where: { octets % $0.octets == 0 }) else { return "\(octets)B" }
        return "\(octets / unit.octets)\(unit.name)"
    }
}
