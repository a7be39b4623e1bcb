internal import Mail
@testable internal import SMTP

/// An accepted path can be written into a command and read back unchanged (RFC 5321 section 4.1.2, RFC 6531 section
/// 3.3). The first octet says whether it may contain characters beyond ASCII.
func fuzzAddress(_ input: UnsafeRawBufferPointer) {
    guard let first = input.first else { return }
    let input = UnsafeRawBufferPointer(rebasing: input.dropFirst())
    let allowsUTF8 = first & 1 == 1
    guard let path = PathParser.parse(input, from: 0, allowsUTF8: allowsUTF8) else { return }
    require(path.end <= input.count && path.mailbox.upperBound <= path.end, "a path ends behind the line")
    let mailbox = Array(input[path.mailbox])
    guard !mailbox.isEmpty else { return }
    require(mailbox.allSatisfy { $0 >= 0x20 && $0 != 0x7F }, "a control character got into an address")
    require(path.isASCII == mailbox.allSatisfy { $0 < 0x80 }, "an address is taken for ASCII, or for none")
    require(path.isASCII || allowsUTF8, "an address beyond ASCII is accepted that was not asked for")
    require(String(validating: mailbox, as: UTF8.self) != nil, "an address is no UTF-8")
    let written: [UInt8] = [0x3C] + mailbox + [0x3E]
    written.withUnsafeBytes { bytes in
        let again = PathParser.parse(bytes, from: 0, allowsUTF8: allowsUTF8)
        require(again?.end == written.count, "an address that was accepted is refused when it is written again")
        require(again.map { Array(bytes[$0.mailbox]) } == mailbox, "an address changed when it was written")
    }
}
