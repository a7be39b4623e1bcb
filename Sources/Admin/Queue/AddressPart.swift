internal import Upstreams

/// Part of an address, ignoring the case of ASCII letters; `<>` is the null path.
struct AddressPart: Sendable {
    private let part: Glob?

    init(_ text: String) {
        part = text == "<>" ? nil : Glob(literal: text)
    }

    func matches(_ address: UnsafeRawBufferPointer) -> Bool {
        part.map { $0.matches(octets: address) } ?? address.isEmpty
    }
}
