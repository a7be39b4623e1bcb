import NIOCore

/// Messages in one file, with a reversible quoting (mboxrd): a line `From …`, with any number of `>` before it, gets one
/// more. Each message is followed by one LF that is not part of it.
enum Mbox {
    static let separator = "From "

    /// Quotes a message as it comes, however it is split.
    struct Quoting {
        /// The beginning of a line that may have to be quoted.
        private var held: [UInt8] = []
        private var isHolding = true

        mutating func quote(_ octets: some Sequence<UInt8>) -> [UInt8] {
            var result: [UInt8] = []
            for octet in octets { take(octet, &result) }
            return result
        }

        /// What is held back at the end.
        mutating func finish() -> [UInt8] {
            defer { held = [] }
            return held
        }

        private mutating func take(_ octet: UInt8, _ result: inout [UInt8]) {
            guard isHolding else {
                result.append(octet)
                isHolding = octet == 0x0A
                return
            }
            held.append(octet)
            let word = held.drop { $0 == UInt8(ascii: ">") }
            guard !word.elementsEqual(separator.utf8) else {
                result.append(UInt8(ascii: ">"))
                return release(octet, &result)
            }
            if !separator.utf8.starts(with: word) { release(octet, &result) }
        }

        private mutating func release(_ octet: UInt8, _ result: inout [UInt8]) {
            result += held
            held = []
            isHolding = octet == 0x0A
        }
    }

    /// Cuts a file into its messages, as it comes.
    struct Splitting {
        private var line: [UInt8] = []
        private var message: [UInt8]?

        /// - Returns: messages that are complete with this part.
        mutating func take(_ part: ByteBuffer) -> [[UInt8]] {
            var messages: [[UInt8]] = []
            for octet in part.readableBytesView {
                line.append(octet)
                if octet == 0x0A { endLine(&messages) }
            }
            return messages
        }

        /// The last message.
        mutating func finish() -> [[UInt8]] {
            var messages: [[UInt8]] = []
            if !line.isEmpty { endLine(&messages) }
            end(&messages)
            return messages
        }

        private mutating func endLine(_ messages: inout [[UInt8]]) {
            defer { line.removeAll(keepingCapacity: true) }
            if line.starts(with: separator.utf8) {
                end(&messages)
                message = []
            } else {
                let isQuoted =
                    line.first == UInt8(ascii: ">")
                    && line.drop { $0 == UInt8(ascii: ">") }.starts(with: separator.utf8)
                message?.append(contentsOf: isQuoted ? line[1...] : line[...])
            }
        }

        private mutating func end(_ messages: inout [[UInt8]]) {
            guard var last = message else { return }
            if last.last == 0x0A { last.removeLast() }
            messages.append(last)
            message = nil
        }
    }
}
