internal import Mail

/// Content that is made 7-bit is the same however it is cut, and stays the same when it is made 7-bit again.
func fuzzDowngrade(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    // Nothing else comes to it: bare line ends are refused, and the last line is whole.
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
