internal import Mail

/// Downgraded content is the same at every split, and unchanged when downgraded again.
func fuzzDowngrade(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    // Ingress guarantees this form: bare line ends are refused, and the last line is complete.
    guard !hasBareLineEnd(cuts.whole), cuts.whole.suffix(2).elementsEqual([0x0D, 0x0A]) else { return }
    let whole = downgrade([cuts.whole[...]])
    require(downgrade(cuts.parts) == whole, "the content depends on how it was cut")
    require(downgrade([whole[...]]) == whole, "what is 7-bit was changed")
    require(!hasBareLineEnd(whole), "a bare line end was made")
}

private func downgrade(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
    var downgrader = EightBitDowngrader()
    var content: [UInt8] = []
    for part in parts { Array(part).withUnsafeBytes { downgrader.take($0, into: &content) } }
    downgrader.finish(into: &content)
    return content
}
