import Glibc
internal import Mail

/// An extended regular expression of POSIX, found anywhere in a reply; `\d` and `\D` stand for digits and others, and a
/// leading `(?i)` ignores case.
///
/// What would take exponential time or memory is refused: back-references, and repetitions of repetitions, since the
/// system's library compiles what is repeated once more for each time (`RepetitionCost`).
final class ReplyPattern: @unchecked Sendable {
    // Safety: `regexec` may be called by several threads with one compiled expression (POSIX); nothing else changes.

    private var compiled = regex_t()

    /// Maximum length of an expression, in octets.
    private static let longest = 512
    /// Maximum product of its bounds `{n,m}`.
    private static let mostRepetitions = 1000
    /// Maximum number of elements after ``RepetitionCost``.
    private static let mostElements = 4000

    /// - Throws: ``AdminError`` describing the problem.
    init(_ text: String) throws(AdminError) {
        let ignoresCase = text.hasPrefix("(?i)")
        let expression = try Self.translated(ignoresCase ? String(text.dropFirst(4)) : text)
        let flags = REG_EXTENDED | REG_NOSUB | (ignoresCase ? REG_ICASE : 0)
        let code = regcomp(&compiled, expression, flags)
        guard code == 0 else { throw Self.problem(text, Self.words(code, &compiled)) }
    }

    deinit { regfree(&compiled) }

    func matches(_ reply: UnsafeRawBufferPointer) -> Bool {
        var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(reply.count))
        let start = reply.baseAddress ?? UnsafeRawPointer(bitPattern: 1)!
        return regexec(&compiled, start.assumingMemoryBound(to: CChar.self), 0, &range, REG_STARTEND) == 0
    }

    private static func translated(_ text: String) throws(AdminError) -> String {
        guard text.utf8.count <= longest else { throw problem(text, "it has more than \(longest) octets") }
        guard !text.utf8.contains(0) else { throw problem(text, "it contains a NUL") }
        try checkRepetitions(text)
        var result = ""
        var isEscaped = false
        for character in text.unicodeScalars {
            guard isEscaped else {
                if character == "\\" { isEscaped = true } else { result.unicodeScalars.append(character) }
                continue
            }
            isEscaped = false
            switch character {
            case "d": result += "[0-9]"
            case "D": result += "[^0-9]"
            case "1"..."9": throw problem(text, "back-references are not supported")
            default: result += "\\\(character)"
            }
        }
        if isEscaped { result += "\\" }
        return result
    }

    private static func checkRepetitions(_ text: String) throws(AdminError) {
        var product = 1
        for bound in text.split(separator: "{").dropFirst() {
            let most = bound.prefix { $0 != "}" }.split(separator: ",").compactMap { Int($0) }.max() ?? 1
            product = product.multipliedReportingOverflow(by: max(1, most)).overflow ? .max : product * max(1, most)
            guard product <= mostRepetitions else { throw problem(text, "it repeats too much") }
        }
        guard RepetitionCost(text).total <= mostElements else { throw problem(text, "it repeats too much") }
    }

    private static func words(_ code: Int32, _ compiled: inout regex_t) -> String {
        var buffer = [CChar](repeating: 0, count: 128)
        regerror(code, &compiled, &buffer, buffer.count)
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    private static func problem(_ text: String, _ reason: String) -> AdminError {
        AdminError(.badRequest, "“\(text)” is not a regular expression for replies: \(reason)")
    }
}
