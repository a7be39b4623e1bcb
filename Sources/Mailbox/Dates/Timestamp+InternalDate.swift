package import Mail

extension Timestamp {
    /// Parses INTERNALDATE (RFC 9051 section 9, `date-time`), such as `17-Jul-1996 02:44:25 -0700`; nil for anything else.
    /// The day may have one digit, with a space before it or not.
    package init?(internalDate text: some Sequence<UInt8>) {
        var octets = Array(text)
        let date = octets.drop { $0 == 0x20 }.prefix { $0 != 0x20 }
        let hyphens = date.indices.filter { octets[$0] == UInt8(ascii: "-") }
        guard hyphens.count == 2, !octets.contains(UInt8(ascii: "(")) else { return nil }
        for index in hyphens { octets[index] = 0x20 }
        self.init(mailDate: octets)
    }

    /// The day in UTC as IMAP writes it for SEARCH (RFC 9051 section 9, `date`): `17-Jul-1996`.
    package var searchDate: String {
        let time = CivilTime(secondsSince1970: milliseconds / 1000)
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let year = String(time.year)
        return "\(time.day)-\(months[time.month - 1])-\(String(repeating: "0", count: 4 - year.count))\(year)"
    }
}
