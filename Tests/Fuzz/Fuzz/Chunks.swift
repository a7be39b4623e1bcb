internal import NIOCore
internal import SMTP

/// Content in arbitrary chunks, converted to wire form and back (RFC 3030 section 2, RFC 5321 section 4.5.2).
func fuzzChunks(_ input: UnsafeRawBufferPointer) {
    guard input.count > 9 else { return }
    let isText = input[0] & 1 == 1
    let content = Array(input[9...])
    let chunks = Cuts.cut(content[...], lengths: Array(input[1..<5]))
    let lengths = Array(input[5..<9])
    checkFramer(chunks, lengths: lengths, content: content, isText: isText)
    checkStuffing(content, lengths: lengths)
}

private func checkFramer(_ chunks: [ArraySlice<UInt8>], lengths: [UInt8], content: [UInt8], isText: Bool) {
    var framer = ChunkFramer(isText: isText)
    for (index, chunk) in chunks.enumerated() {
        framer.begin(Chunk(size: chunk.count, isLast: index == chunks.count - 1))
        for part in Cuts.cut(chunk, lengths: lengths) {
            part.withUnsafeBytes { framer.take($0) }
        }
        require(framer.remaining == 0 && framer.chunkSize == chunk.count, "the chunk's size is not counted right")
    }
    require(framer.size == content.count, "the content's size is not counted right")
    require(
        framer.hasBareLineEnd == (isText && hasBareLineEnd(content)),
        "an ambiguous line end was overlooked, or invented")
    require(framer.lacksLineEnd == (isText && content.last != 0x0A), "the last line's end is not seen right")
}

private func checkStuffing(_ content: [UInt8], lengths: [UInt8]) {
    let wire = stuffed([content[...]])
    require(stuffed(Cuts.cut(content[...], lengths: lengths)) == wire, "the cut changed the wire form")
    require(!endsData(wire), "what stands in the content would end the data")
    let parts = Cuts.cut(wire[...], lengths: lengths.reversed())
    require(unstuffed(parts) == content, "the content changed on its way through the wire form")
    let end: [UInt8] = content.suffix(2) == [0x0D, 0x0A] ? [0x2E, 0x0D, 0x0A] : [0x0D, 0x0A, 0x2E, 0x0D, 0x0A]
    let data = wire + end
    var framer = DataFramer()
    let part = data.withUnsafeBytes { framer.scan($0) }
    require(part.isLast && part.consumed == data.count, "the data ends elsewhere than at its final dot")
    require(framer.size == content.count + end.count - 3, "the dots that are stuffed are not counted right")
}

private func stuffed(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
    var stuffer = DotStuffer()
    var wire = ByteBuffer()
    for part in parts { part.withUnsafeBytes { stuffer.stuff($0, into: &wire) } }
    return Array(wire.readableBytesView)
}

private func unstuffed(_ parts: [ArraySlice<UInt8>]) -> [UInt8] {
    var unstuffer = DotUnstuffer()
    return parts.flatMap { Array(unstuffer.unstuff(ByteBuffer(bytes: $0)).readableBytesView) }
}

/// Whether the octets, which begin at the start of a line, contain CRLF, dot, CRLF.
func endsData(_ octets: [UInt8]) -> Bool {
    var window: [UInt8] = [0x0D, 0x0A]
    for octet in octets {
        window.append(octet)
        if window.suffix(5) == [0x0D, 0x0A, 0x2E, 0x0D, 0x0A] { return true }
        if window.count > 16 { window.removeFirst(8) }
    }
    return false
}
