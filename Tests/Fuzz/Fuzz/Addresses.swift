internal import Mail
@testable internal import SMTP

/// A path that is accepted can be written into a command and read back as the same one (RFC 5321 section 4.1.2).
func fuzzAddress(_ input: UnsafeRawBufferPointer) {
    guard let path = PathParser.parse(input, from: 0) else { return }
    precondition(path.end <= input.count && path.mailbox.upperBound <= path.end, "a path ends behind the line")
    let mailbox = Array(input[path.mailbox])
    guard !mailbox.isEmpty else { return }
    precondition(mailbox.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character got into an address")
    let written: [UInt8] = [0x3C] + mailbox + [0x3E]
    written.withUnsafeBytes { bytes in
        let again = PathParser.parse(bytes, from: 0)
        precondition(again?.end == written.count, "an address that was accepted is refused when it is written again")
        precondition(again.map { Array(bytes[$0.mailbox]) } == mailbox, "an address changed when it was written")
    }
}
