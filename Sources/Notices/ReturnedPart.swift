internal import Mail

/// The third part of a notice: the message that it is about, or its header (RFC 6522 sections 3 and 4).
struct ReturnedPart {
    /// Whether it is the whole message.
    let isWhole: Bool
    /// Why it is not, although the whole was asked for; nil if it was not.
    let shortcoming: String?
    let part: Part

    /// - Parameters:
    ///   - limit: octets of the original at most.
    ///   - wantsAll: whether the whole message comes back if it fits.
    ///   - isGlobal: whether the notice may have parts in UTF-8 (RFC 6533 sections 4.2 and 4.3).
    init(_ original: OriginalMessage, limit: Int, wantsAll: Bool, isGlobal: Bool) {
        let octets = WireForm.unstuffed(original.bytes)
        let header = Self.header(of: octets, isWhole: original.isWhole)
        let isShort = original.isWhole && octets.count <= limit
        isWhole = wantsAll && isShort && Self.canBeEnclosed(octets)
        shortcoming =
            !wantsAll || isWhole
            ? nil : isShort ? "its content cannot travel in a notice" : "it is longer than this relay sends back"
        if isWhole {
            let type = isGlobal && Self.isGlobal(header) ? "message/global" : "message/rfc822"
            part = Part(type: type, description: "Your message", verbatim: octets)
        } else {
            part = Self.headerPart(Self.cut(header, to: limit), isGlobal: isGlobal)
        }
    }

    /// RFC 2046 section 5.2.1: an enclosed message cannot be encoded.
    private static func canBeEnclosed(_ octets: [UInt8]) -> Bool { !Octets(octets).isBinary }

    /// RFC 6522 section 4: a header that is not made of short lines of ASCII is encoded.
    private static func headerPart(_ header: [UInt8], isGlobal: Bool) -> Part {
        let description = "Header of your message"
        guard isGlobal, Self.isGlobal(header), !Octets(header).isBinary else {
            return Part(type: "text/rfc822-headers", description: description, encoding: header)
        }
        return Part(type: "message/global-headers", description: description, verbatim: header)
    }

    /// Whether this is a header with UTF-8 in it (RFC 6532 section 3).
    private static func isGlobal(_ header: [UInt8]) -> Bool {
        Octets(header).hasEightBit && String(validating: header, as: UTF8.self) != nil
    }

    /// The lines up to the first that is neither a field, nor a continuation, nor an mbox separator; and not the piece of
    /// a line at which reading has ended.
    private static func header(of octets: [UInt8], isWhole: Bool) -> [UInt8] {
        var header: [UInt8] = []
        for line in Lines(octets) {
            let text = line.withoutLineEnd
            guard belongsToHeader(text, isFirst: header.isEmpty), isWhole || text.count < line.count else { break }
            header.append(contentsOf: line)
        }
        return header
    }

    private static func belongsToHeader(_ line: ArraySlice<UInt8>, isFirst: Bool) -> Bool {
        guard let first = line.first else { return false }
        if first == 0x20 || first == 0x09 { return !isFirst }
        let name = line.prefix { (0x21...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
        let rest = line[name.endIndex...].drop { $0 == 0x20 || $0 == 0x09 }
        return !name.isEmpty && rest.first == UInt8(ascii: ":") || isMailboxLine(line)
    }

    /// RFC 4155 appendix A.
    private static func isMailboxLine(_ line: ArraySlice<UInt8>) -> Bool {
        line.drop { $0 == UInt8(ascii: ">") }.starts(with: Array("From ".utf8))
    }

    /// As many whole lines as fit.
    private static func cut(_ header: [UInt8], to limit: Int) -> [UInt8] {
        guard header.count > limit else { return header }
        var result: [UInt8] = []
        for line in Lines(header) {
            guard result.count + line.count <= limit else { break }
            result.append(contentsOf: line)
        }
        return result
    }
}
