/// An input whose first octets say how the rest is split into parts, as a network might.
struct Cuts {
    let parts: [ArraySlice<UInt8>]
    let whole: [UInt8]

    init(_ input: UnsafeRawBufferPointer) {
        whole = Array(input.dropFirst(4))
        parts = Self.cut(whole[...], lengths: Array(input.prefix(4)))
    }

    /// Parts of these lengths, used cyclically; none is empty.
    static func cut(_ whole: ArraySlice<UInt8>, lengths: [UInt8]) -> [ArraySlice<UInt8>] {
        var parts: [ArraySlice<UInt8>] = []
        var rest = whole
        var index = 0
        while !rest.isEmpty {
            let length = lengths.isEmpty ? rest.count : max(1, Int(lengths[index % lengths.count]))
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
            index += 1
        }
        return parts
    }
}
