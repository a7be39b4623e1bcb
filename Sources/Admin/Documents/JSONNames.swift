internal import FoundationEssentials
internal import NIOCore

/// The names in a JSON text. Readers differ in which of two members with the same name counts, so an order must not have
/// any.
struct JSONNames {
    /// The names so far of each object that has not ended; nil for a list.
    private var open: [Set<String>?] = []
    /// Whether the next string is a name.
    private var isName = false

    /// The first name that an object has twice; nil if there is none.
    ///
    /// - Parameter json: a valid text; of any other the answer means nothing.
    static func repeated(in json: ByteBuffer) -> String? {
        var names = JSONNames()
        return json.withUnsafeReadableBytes { names.firstRepeated(in: $0) }
    }

    private mutating func firstRepeated(in octets: UnsafeRawBufferPointer) -> String? {
        var index = 0
        while index < octets.count {
            if octets[index] == UInt8(ascii: "\"") {
                let end = Self.endOfString(from: index + 1, in: octets)
                if let name = took(octets[(index + 1)..<end]) { return name }
                index = end
            } else {
                took(octets[index])
            }
            index += 1
        }
        return nil
    }

    private mutating func took(_ mark: UInt8) {
        switch mark {
        case UInt8(ascii: "{"):
            open.append(Set<String>())
            isName = true
        case UInt8(ascii: "["):
            open.append(nil)
            isName = false
        case UInt8(ascii: "}"), UInt8(ascii: "]"): if !open.isEmpty { open.removeLast() }
        case UInt8(ascii: ","): if let names = open.last { isName = names != nil }
        default: break
        }
    }

    /// - Returns: the string, if it is a name that was there before.
    private mutating func took(_ string: Slice<UnsafeRawBufferPointer>) -> String? {
        guard isName, !open.isEmpty else { return nil }
        isName = false
        let name = Self.plain(string)
        let isNew = open[open.count - 1]?.insert(name).inserted ?? true
        return isNew ? nil : name
    }

    /// Where the second quotation mark is.
    private static func endOfString(from start: Int, in octets: UnsafeRawBufferPointer) -> Int {
        var index = start
        while index < octets.count, octets[index] != UInt8(ascii: "\"") {
            index += octets[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(index, octets.count)
    }

    /// Without escapes.
    private static func plain(_ string: Slice<UnsafeRawBufferPointer>) -> String {
        let text = String(decoding: string, as: UTF8.self)
        guard string.contains(UInt8(ascii: "\\")) else { return text }
        return (try? JSONDecoder().decode(String.self, from: Data("\"\(text)\"".utf8))) ?? text
    }
}
