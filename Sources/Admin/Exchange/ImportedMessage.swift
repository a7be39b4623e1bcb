package import Mail
package import NIOCore
internal import SMTP
internal import Spool

/// An exported file as it comes in, however it is split: first the envelope, then the message, which is checked and put
/// into wire form.
package struct ImportedMessage: Sendable {
    package private(set) var envelope = ExportedEnvelope()
    /// In wire form, not yet taken.
    private(set) var held = ByteBuffer()
    private(set) var scanner: HeaderScanner
    private(set) var body = BodyScanner()
    /// Octets of the message before dot stuffing.
    package private(set) var size = 0

    private var head = ByteBuffer()
    private var lines = 0
    private var isInContent = false
    private var framer = ChunkFramer(isText: true)
    private var stuffer = DotStuffer()

    /// Maximum octets of an envelope: more than a hundred thousand recipients need.
    private static let headLimit = 64 << 20

    /// - Parameter names: header fields whose values are kept, for routes.
    package init(capturing names: FieldNames = .none) {
        scanner = HeaderScanner(wanted: names)
    }

    /// Takes the next part of the file.
    ///
    /// - Throws: ``AdminError`` describing the problem.
    package mutating func take(_ part: ByteBuffer) throws(AdminError) {
        guard !isInContent else { return try takeContent(part) }
        head.discardReadBytes()
        head.writeImmutableBuffer(part)
        guard head.readableBytes <= Self.headLimit else { throw AdminError(.badRequest, "the envelope is too large") }
        while !isInContent, let line = try nextLine() {
            lines += 1
            try envelope.take(line, lines)
        }
    }

    /// The file has ended.
    ///
    /// - Throws: ``AdminError`` if the message is not complete.
    package mutating func end() throws(AdminError) {
        if !isInContent { try startContent() }
        guard size > 0 else { throw AdminError(.badRequest, "the file ends where the message should begin") }
        guard !envelope.recipients.isEmpty else {
            throw AdminError(.badRequest, "the envelope has no \(ExportedEnvelope.Field.recipient.name)")
        }
        framer.begin(Chunk(size: 0, isLast: true))
        try check()
        if framer.lacksLineEnd { throw AdminError(.badRequest, "the last line of the message has no end") }
    }

    /// Removes and returns what is in wire form.
    package mutating func takePart() -> ByteBuffer {
        defer { held = ByteBuffer() }
        return held
    }

    /// The next field, without its end; nil if more is needed, or the message begins.
    private mutating func nextLine() throws(AdminError) -> String? {
        let view = head.readableBytesView
        let prefix = ExportedEnvelope.Field.prefix.utf8.map(Self.lowercased)
        guard view.prefix(prefix.count).map(Self.lowercased) == prefix else {
            // More may be needed to tell.
            guard view.count >= prefix.count || !prefix.starts(with: view.map(Self.lowercased)) else { return nil }
            try startContent()
            return nil
        }
        guard let end = view.firstIndex(of: 0x0A) else { return nil }
        let octets = head.readBytes(length: end - view.startIndex + 1) ?? []
        let line = octets.dropLast(octets.dropLast().last == 0x0D ? 2 : 1)
        guard let text = String(validating: line, as: UTF8.self) else {
            throw ExportedEnvelope.problem(lines + 1, "it is not UTF-8")
        }
        return text
    }

    private static func lowercased(_ octet: UInt8) -> UInt8 {
        octet >= 0x41 && octet <= 0x5A ? octet | 0x20 : octet
    }

    private mutating func startContent() throws(AdminError) {
        guard lines > 0 else {
            throw AdminError(
                .badRequest,
                "the file does not begin with fields \(ExportedEnvelope.Field.prefix)…, such as "
                    + "“\(ExportedEnvelope.Field.sender.name): <a@example.com>”: it is no export")
        }
        isInContent = true
        framer = ChunkFramer(isText: envelope.body != .binaryMIME)
        body = BodyScanner(declared: envelope.body)
        let rest = head
        head = ByteBuffer()
        try takeContent(rest)
    }

    private mutating func takeContent(_ part: ByteBuffer) throws(AdminError) {
        size += part.readableBytes
        part.withUnsafeReadableBytes { bytes in
            framer.begin(Chunk(size: bytes.count, isLast: false))
            framer.take(bytes)
            if !scanner.isFinished { scanner.scan(bytes) }
            body.scan(bytes)
            stuffer.stuff(bytes, into: &held)
        }
        try check()
    }

    private func check() throws(AdminError) {
        if framer.hasBareLineEnd {
            throw AdminError(
                .badRequest, "the message has a line that does not end with CRLF: it is not as it was exported")
        }
        if framer.hasHiddenEnd { throw AdminError(.badRequest, "the message has a line of a dot and NULs") }
    }
}
