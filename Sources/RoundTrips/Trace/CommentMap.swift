internal import Mail

/// Where the comments of a field body are (RFC 5322 section 3.2.2), found in one pass however they are nested.
///
/// A parenthesis without its counterpart begins no comment: servers write such, and what follows may be the date.
struct CommentMap {
    /// The field body without its comments, each of which is a space.
    let plain: [UInt8]
    /// Outermost comments, in order: where they stand in ``plain``, and what they say.
    let comments: [(place: Int, text: ArraySlice<UInt8>)]

    init(_ body: [UInt8]) {
        let ends = Self.ends(of: body)
        var plain: [UInt8] = []
        var comments: [(place: Int, text: ArraySlice<UInt8>)] = []
        var index = 0
        while index < body.count {
            guard let end = ends[index] else {
                plain.append(body[index])
                index += 1
                continue
            }
            comments.append((plain.count, body[(index + 1)..<end]))
            plain.append(0x20)
            index = end + 1
        }
        (self.plain, self.comments) = (plain, comments)
    }

    /// The closing parenthesis of each one that opens and is closed.
    private static func ends(of body: [UInt8]) -> [Int: Int] {
        var open: [Int] = []
        var ends: [Int: Int] = [:]
        var isEscaped = false
        for (index, octet) in body.enumerated() {
            if isEscaped {
                isEscaped = false
                continue
            }
            switch octet {
            case UInt8(ascii: "\\"): isEscaped = !open.isEmpty
            case UInt8(ascii: "("): open.append(index)
            case UInt8(ascii: ")"): open.popLast().map { ends[$0] = index }
            default: break
            }
        }
        return ends
    }
}

extension Sequence<UInt8> {
    /// As text for people, at most this many octets of it, without anything that hides or moves other text.
    func visibleText(upTo limit: Int = 255) -> String {
        VisibleLine.of(String(decoding: Array(self).prefix(limit), as: UTF8.self))
    }

    /// In lower case, as far as ASCII goes.
    var lowercasedText: String { String(decoding: Array(self).map(\.asciiLowercased), as: UTF8.self) }
}
