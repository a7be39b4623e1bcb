/// Reads an input from the front; missing octets are zero.
struct Choices {
    private(set) var rest: ArraySlice<UInt8>

    init(_ input: UnsafeRawBufferPointer) {
        rest = Array(input)[...]
    }

    /// The next octet.
    mutating func octet() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next octet's bits, lowest first.
    mutating func bits() -> Bits { Bits(octet()) }

    /// One of the elements.
    mutating func one<Element>(of list: [Element]) -> Element { list[Int(octet()) % list.count] }

    /// As many octets as the next one says.
    mutating func octets() -> [UInt8] {
        let part = rest.dropFirst().prefix(Int(rest.first ?? 0))
        rest = rest.dropFirst(part.count + 1)
        return Array(part)
    }
}

/// An endless sequence of yes or no: the bits of an octet, repeated.
struct Bits {
    private var value: UInt8

    init(_ value: UInt8) {
        self.value = value
    }

    mutating func next() -> Bool {
        defer { value = value >> 1 | value << 7 }
        return value & 1 == 1
    }
}
