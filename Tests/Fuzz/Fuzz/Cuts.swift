/// An input whose first octets say how the rest is cut into parts, as a network may cut it.
struct Cuts {
    let parts: [ArraySlice<UInt8>]
    let whole: [UInt8]

    init(_ input: UnsafeRawBufferPointer) {
        let lengths = input.prefix(4).map { Int($0) }
        whole = Array(input.dropFirst(4))
        var parts: [ArraySlice<UInt8>] = []
        var rest = whole[...]
        var index = 0
        while !rest.isEmpty {
            let length = lengths.isEmpty ? rest.count : max(1, lengths[index % lengths.count])
            parts.append(rest.prefix(length))
            rest = rest.dropFirst(length)
            index += 1
        }
        self.parts = parts
    }
}
