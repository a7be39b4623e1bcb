internal import Mail
internal import SMTP

/// Mail data split anywhere ends where a naive search says, and every ambiguous line end is detected.
func fuzzData(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    var framer = DataFramer()
    var pending: [UInt8] = []
    var content: [UInt8] = []
    var consumed = 0
    var ended = false
    for part in cuts.parts where !ended {
        pending += part
        let step = pending.withUnsafeBytes { framer.scan($0) }
        require(step.content <= step.consumed && step.consumed <= pending.count, "more was consumed than there is")
        require(step.isLast || pending.count - step.consumed <= 2, "too much is left for later")
        content += pending.prefix(step.content)
        consumed += step.consumed
        pending.removeFirst(step.consumed)
        ended = step.isLast
    }
    let end = endOfData(cuts.whole)
    require(ended == (end != nil), "the end of data was missed, or found where it is not")
    guard let end else { return }
    require(consumed == end && content == Array(cuts.whole.prefix(end - 3)), "the data ends elsewhere")
    require(framer.hasBareLineEnd == hasBareLineEnd(content), "an ambiguous line end was overlooked")
    let isRefused = framer.hasHiddenEnd || framer.hasBareLineEnd
    require(isRefused || !hasHiddenEnd(content), "an end that a dropped NUL makes was overlooked")
}

/// Whether a next hop that drops NULs would see the end of data within the content.
private func hasHiddenEnd(_ content: [UInt8]) -> Bool {
    endOfData(content.filter { $0 != 0 }) != nil
}

/// The index after the final dot's line, found the slow way (RFC 5321 section 4.1.1.4).
private func endOfData(_ octets: [UInt8]) -> Int? {
    let line: [UInt8] = [0x0D, 0x0A]
    let text = line + octets
    let end = line + [0x2E] + line
    guard text.count >= end.count else { return nil }
    for start in 0...(text.count - end.count) where Array(text[start..<start + end.count]) == end {
        return start + end.count - line.count
    }
    return nil
}

/// Whether there is a CR without LF or an LF without CR, found the slow way.
func hasBareLineEnd(_ octets: [UInt8]) -> Bool {
    for (index, octet) in octets.enumerated() {
        let before = index > 0 ? octets[index - 1] : 0
        let after = index + 1 < octets.count ? octets[index + 1] : 0
        if octet == 0x0A, before != 0x0D { return true }
        if octet == 0x0D, after != 0x0A { return true }
    }
    return false
}
