package import Mail

/// Reads the dates that servers write into `Received` fields: those of RFC 5322 section 3.3, and what comes close.
///
/// Tolerated are a missing zone (UTC), zones with a colon or with a name in front, fractions of a second, years of two
/// digits (RFC 5322 section 4.3), hours of one digit, the parts in another order (`asctime`), RFC 3339, and words that
/// mean nothing. A date that does not exist is none.
package enum HopDate {
    /// More words than any date has; what follows is not looked at.
    private static let wordLimit = 16
    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    /// A date, and how exact it is: 1 s, or 1 ms if it has a fraction.
    struct Reading: Hashable {
        var moment: Timestamp
        var hasFraction: Bool
    }

    private struct Parts {
        var day: String?
        var month: String?
        var year: String?
        var time: (clock: String, fraction: Int?)?
        var zone: String?
    }

    /// - Parameter text: without comments.
    static func read(_ text: some Collection<UInt8>) -> Reading? {
        let words = text.split(maxSplits: wordLimit, whereSeparator: { [0x20, 0x09, 0x0D, 0x0A, 0x2C].contains($0) })
        if let word = words.first, let moment = Timestamp(dateTime: word) { return Reading(moment, word) }
        var parts = Parts()
        for word in words.prefix(wordLimit) where word.count <= 32 { take(word.lowercasedText, to: &parts) }
        return reading(parts)
    }

    /// INTERNALDATE of IMAP, such as `17-Jul-1996 02:44:25 -0700`, without its quotation marks (RFC 9051 section 9,
    /// `date-time`).
    package static func internalDate(_ text: some Collection<UInt8>) -> Timestamp? {
        let words = text.prefix(64).split(separator: 0x20, omittingEmptySubsequences: true)
        guard words.count == 3 else { return nil }
        let date = words[0].map { $0 == UInt8(ascii: "-") ? 0x20 : $0 }
        return Timestamp(mailDate: date + [0x20] + words[1] + [0x20] + words[2])
    }

    private static func take(_ word: String, to parts: inout Parts) {
        if word.utf8.contains(UInt8(ascii: ":")), parts.time == nil, let time = clock(word) {
            parts.time = time
        } else if word.utf8.count >= 3, parts.month == nil, months.contains(String(word.prefix(3))) {
            parts.month = String(word.prefix(3))
        } else if word.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) {
            takeNumber(word, to: &parts)
        } else if parts.time != nil, parts.zone == nil {
            parts.zone = zone(word)
        }
    }

    private static func takeNumber(_ word: String, to parts: inout Parts) {
        switch word.utf8.count {
        case 1 where parts.day == nil: parts.day = word
        case 2 where parts.day == nil: parts.day = word
        case 2 where parts.year == nil: parts.year = (word < "50" ? "20" : "19") + word
        case 4 where parts.year == nil: parts.year = word
        default: break
        }
    }

    /// `h:mm`, `hh:mm:ss` or `hh:mm:ss.fff`.
    private static func clock(_ word: String) -> (String, Int?)? {
        let halves = word.split(separator: ".", maxSplits: 1)
        let numbers = halves[0].split(separator: ":", omittingEmptySubsequences: false)
        guard 2...3 ~= numbers.count, numbers.allSatisfy({ 1...2 ~= $0.utf8.count && isNumber($0) }) else { return nil }
        let fraction = halves.count > 1 && isNumber(halves[1]) ? Int((halves[1] + "00").prefix(3)) : nil
        return (numbers.map { $0.utf8.count == 1 ? "0\($0)" : String($0) }.joined(separator: ":"), fraction)
    }

    /// `+hhmm` or a name; nil for a word that is no zone.
    private static func zone(_ word: String) -> String? {
        let letters = word.prefix { $0.isASCII && $0.isLetter }
        let rest = word[letters.endIndex...].filter { $0 != ":" }
        guard let sign = rest.first else { return letters.isEmpty || letters.utf8.count > 4 ? nil : String(letters) }
        guard sign == "+" || sign == "-", isNumber(rest.dropFirst()) else { return nil }
        switch rest.utf8.count {
        case 5: return String(rest)
        case 3: return rest + "00"
        default: return nil
        }
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { 0x30...0x39 ~= $0 }
    }

    private static func reading(_ parts: Parts) -> Reading? {
        guard let day = parts.day, let month = parts.month, let year = parts.year, let time = parts.time else {
            return nil
        }
        let date = "\(day) \(month) \(year) \(time.clock) "
        // The name of a zone that nobody knows means nothing.
        let moment =
            Timestamp(mailDate: (date + (parts.zone ?? "+0000")).utf8) ?? Timestamp(mailDate: (date + "+0000").utf8)
        return moment.map {
            Reading(
                moment: $0.advanced(byMilliseconds: Int64(time.fraction ?? 0)), hasFraction: time.fraction != nil)
        }
    }
}

extension HopDate.Reading {
    fileprivate init(_ moment: Timestamp, _ word: some Collection<UInt8>) {
        self.init(moment: moment, hasFraction: word.contains(UInt8(ascii: ".")))
    }
}
