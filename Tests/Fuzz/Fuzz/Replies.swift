internal import Mail
internal import NIOCore
internal import SMTP

/// Replies are the same at every split, and their text contains no line end.
func fuzzReplies(_ input: UnsafeRawBufferPointer) {
    let cuts = Cuts(input)
    let whole = replies([cuts.whole[...]])
    let cut = replies(cuts.parts)
    require(whole == cut, "the cut changed the replies")
    for reply in whole.list {
        require((200...599).contains(reply.code), "\(reply.code) is no code of a reply")
        for line in reply.lines {
            require(!line.utf8.contains(0x0A), "a line of a reply holds a line end")
        }
    }
}

private func replies(_ parts: [ArraySlice<UInt8>]) -> ReplyList {
    var parser = ReplyParser()
    var buffer = ByteBuffer()
    var list = ReplyList()
    do {
        for part in parts {
            buffer.writeBytes(part)
            while let reply = try parser.next(&buffer) { list.list.append(reply) }
        }
    } catch {
        list.failed = true
    }
    return list
}

private struct ReplyList: Equatable {
    var list: [Reply] = []
    var failed = false
}

/// Capabilities are parsed without a trap, and no limit is negative.
func fuzzGreeting(_ input: UnsafeRawBufferPointer) {
    let lines = input.split(separator: 0x0A, maxSplits: 200).map { String(decoding: $0, as: UTF8.self) }
    let capabilities = UpstreamCapabilities(ehlo: Reply(250, lines: lines))
    require(capabilities.maxSize ?? 1 > 0, "SIZE is a limit of nothing")
}
