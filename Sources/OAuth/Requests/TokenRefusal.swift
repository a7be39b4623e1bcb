internal import Dialogue
internal import FoundationEssentials
internal import Mail
internal import Outbound

/// What a token endpoint says instead of a token (RFC 6749 section 5.2).
enum TokenRefusal {
    /// Characters of its words that are kept.
    private static let wordLimit = 300

    /// - Parameters:
    ///   - host: whom the reply is from, for messages.
    ///   - settings: of the request.
    ///   - filter: hides what was sent.
    static func failure(
        _ reply: WebReply, from host: String, for settings: OAuthSettings, hiding filter: SecretFilter
    ) -> TokenFailure {
        let form = try? JSONDecoder().decode(Form.self, from: Data(reply.body))
        let words = form.map { Self.words($0, hiding: filter) } ?? ""
        let text = "no token: the token endpoint \(host) answers \(reply.status)\(words.isEmpty ? "" : " \(words)")"
        switch reply.status {
        case 300...399:
            return TokenFailure(TokenError(.answer, "\(text), which leads elsewhere: check token_url"))
        case 408, 429, 500...: return TokenFailure(TokenError(.unavailable, text), retryAfter: reply.retryAfter)
        default:
            let remedy = TokenRemedy.words(for: form?.error, settings)
            return TokenFailure(TokenError(.refused, "\(text); \(remedy)"), retryAfter: reply.retryAfter)
        }
    }

    private static func words(_ form: Form, hiding filter: SecretFilter) -> String {
        guard let error = form.error else { return "" }
        let words = [error, form.description].compactMap(\.self).map { shown($0, hiding: filter) }
        return words.joined(separator: ": ")
    }

    /// The first line without the numbers for Microsoft's support, which are others each time.
    private static func shown(_ text: String, hiding filter: SecretFilter) -> String {
        let line = text.split(whereSeparator: \.isNewline).first ?? ""
        let words = line.firstRange(of: " Trace ID: ").map { line[..<$0.lowerBound] } ?? line
        let sentence = words.hasSuffix(".") ? words.dropLast() : words
        let printable = sentence.unicodeScalars.filter { $0.isASCII && $0.value >= 0x20 && $0.value != 0x7F }
        return String(filter.filtered(String(String.UnicodeScalarView(printable))).prefix(wordLimit))
    }

    private struct Form: Decodable {
        let error: String?
        let description: String?

        enum CodingKeys: String, CodingKey {
            case error
            case description = "error_description"
        }
    }
}
