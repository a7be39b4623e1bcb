@testable internal import Admin
internal import Mail

/// An expression for replies is either refused in words, or finds something or nothing, the same each time.
func fuzzPattern(_ input: UnsafeRawBufferPointer) {
    var choices = Choices(input)
    let text = String(decoding: choices.octets(), as: UTF8.self)
    let reply = Array(choices.rest)
    do throws(AdminError) {
        let pattern = try ReplyPattern(text)
        let found = reply.withUnsafeBytes { pattern.matches($0) }
        require(reply.withUnsafeBytes { pattern.matches($0) } == found, "an expression is undecided")
    } catch {
        require(error.code == .badRequest && !error.message.isEmpty, "an expression is refused without a reason")
    }
}
