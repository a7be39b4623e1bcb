/// The text of a reply or an error as it is stored: some servers answer with a page, and to each recipient.
package enum ReplyText {
    /// The longest text that is stored, in octets.
    package static let limit = 2048
    private static let mark = "… (cut)"

    /// The text itself, or as much of its beginning as may be stored, and that it was cut.
    package static func cut(_ text: String) -> String {
        guard text.utf8.count > limit else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: limit - mark.utf8.count)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + mark
    }
}
