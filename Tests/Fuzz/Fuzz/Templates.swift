@testable internal import Notices

/// A text for notices is either refused with problems that can be told, or filled without control characters.
func fuzzTemplate(_ input: UnsafeRawBufferPointer) {
    let text = String(decoding: input, as: UTF8.self)
    do throws(NoticeTemplate.Problems) {
        let filled = try NoticeTemplate(text).fill { "<\($0.rawValue)>" }
        require(filled.unicodeScalars.allSatisfy(isHarmless), "a control character is in a notice")
    } catch {
        require(!error.all.isEmpty, "a text is refused without a reason")
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).count
        for problem in error.all {
            require((1...lines).contains(problem.line) && !problem.description.isEmpty, "a problem is nowhere")
        }
    }
}

private func isHarmless(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "\n" || scalar == "\t" || (scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value))
}
