internal import Mail
internal import NIOCore

/// Takes a multipart/form-data body apart as it arrives (RFC 7578, RFC 2046 section 5.1.1). A value without IO.
struct FormParser {
    enum Event: Equatable {
        /// A part begins; its name, empty if it has none.
        case part(String)
        /// The next octets of its content.
        case content(ByteBuffer)
        /// The last boundary has come.
        case end
    }

    private enum State {
        /// Before the first boundary. Next: `header`.
        case preamble
        /// Between a boundary and the empty line behind the fields of a part. Next: `content`, `finished`.
        case header
        /// In the content of a part. Next: `header`.
        case content
        /// Nothing counts any more.
        case finished
    }

    private static let headerLimit = 8 << 10

    private let delimiter: [UInt8]
    private var state = State.preamble
    private var buffer: ByteBuffer

    /// - Parameter boundary: without the two hyphens.
    init(boundary: String) {
        delimiter = Array("\r\n--\(boundary)".utf8)
        // The first boundary may come without the line end before it.
        buffer = ByteBuffer(string: "\r\n")
    }

    var isFinished: Bool { state == .finished }

    mutating func take(_ part: ByteBuffer) {
        buffer.discardReadBytes()
        buffer.writeImmutableBuffer(part)
    }

    /// - Returns: nil if more octets are needed.
    /// - Throws: ``AdminError`` for what is no form.
    mutating func next() throws(AdminError) -> Event? {
        switch state {
        case .preamble:
            guard skipPreamble() else { return nil }
            state = .header
            return try next()
        case .header: return try header()
        case .content: return content()
        case .finished: return nil
        }
    }

    /// - Returns: whether the first boundary has come.
    private mutating func skipPreamble() -> Bool {
        guard let start = position(of: delimiter) else {
            keepTail()
            return false
        }
        buffer.moveReaderIndex(forwardBy: start + delimiter.count)
        return true
    }

    /// What cannot be the beginning of a boundary is not needed.
    private mutating func keepTail() {
        let count = buffer.readableBytes - delimiter.count + 1
        if count > 0 { buffer.moveReaderIndex(forwardBy: count) }
    }

    private mutating func header() throws(AdminError) -> Event? {
        guard buffer.readableBytes >= 2 else { return nil }
        if buffer.readableBytesView.prefix(2).elementsEqual("--".utf8) {
            state = .finished
            return .end
        }
        guard let end = position(of: Array("\r\n\r\n".utf8)) else {
            guard buffer.readableBytes <= Self.headerLimit else {
                throw AdminError(.badRequest, "the header of a part of the form is too large")
            }
            return nil
        }
        let text = buffer.readString(length: end) ?? ""
        buffer.moveReaderIndex(forwardBy: 4)
        state = .content
        return .part(Self.name(in: text))
    }

    private mutating func content() -> Event? {
        if let end = position(of: delimiter) {
            guard end > 0 else {
                buffer.moveReaderIndex(forwardBy: delimiter.count)
                state = .header
                return .content(ByteBuffer())
            }
            return buffer.readSlice(length: end).map { .content($0) }
        }
        let count = buffer.readableBytes - delimiter.count + 1
        guard count > 0 else { return nil }
        return buffer.readSlice(length: count).map { .content($0) }
    }

    /// Octets before the first occurrence.
    private func position(of pattern: [UInt8]) -> Int? {
        buffer.withUnsafeReadableBytes { bytes in
            guard bytes.count >= pattern.count, let first = pattern.first else { return nil }
            var index = 0
            while index <= bytes.count - pattern.count {
                guard let found = bytes[index...(bytes.count - pattern.count)].firstIndex(of: first) else { return nil }
                if bytes[found..<found + pattern.count].elementsEqual(pattern) { return found }
                index = found + 1
            }
            return nil
        }
    }

    /// The parameter `name` of `Content-Disposition: form-data; name="message"`.
    private static func name(in header: String) -> String {
        let lines = header.split(whereSeparator: \.isNewline)
        guard let line = lines.first(where: { $0.lowercased().hasPrefix("content-disposition:") }),
            let match = line.firstMatch(of: /[; \t]name="?([A-Za-z0-9_-]*)"?/)
        else { return "" }
        return String(match.1)
    }
}
